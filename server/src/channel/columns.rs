//! Which of our fields a form's field or a CSV's column is, by the names people give them.

/// Which of our fields is meant: `name`, `first`, `last`, `email`, `phone`, `company`, `country`, `language`, `subject`,
/// `message`; none for anything else.
pub fn meaning(field: &str) -> Option<&'static str> {
    let plain: String = field.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match plain.as_str() {
        "name" | "fullname" | "yourname" | "contactname" | "nom" | "nombre" => "name",
        "firstname" | "givenname" | "vorname" | "prenom" | "prénom" => "first",
        "lastname" | "familyname" | "surname" | "nachname" => "last",
        "email" | "emailaddress" | "mail" | "youremail" | "courriel" | "correo" => "email",
        "phone" | "tel" | "telephone" | "phonenumber" | "mobile" | "telefon" | "telefono" => "phone",
        "company" | "organisation" | "organization" | "companyname" | "firma" | "unternehmen" | "empresa"
        | "societe" => "company",
        "country" | "land" | "pays" | "pais" => "country",
        "language" | "lang" | "sprache" => "language",
        "subject" | "betreff" | "topic" | "objet" | "asunto" => "subject",
        "message" | "text" | "nachricht" | "comment" | "comments" | "enquiry" | "inquiry" | "mensaje" => {
            "message"
        }
        _ => return None,
    })
}

/// Every field that a map may name.
pub const FIELDS: [&str; 10] =
    ["name", "first", "last", "email", "phone", "company", "country", "language", "subject", "message"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_people_give_are_understood() {
        for (given, meant) in [
            ("E-Mail", Some("email")),
            ("First Name", Some("first")),
            ("Nachname", Some("last")),
            ("your_message", None),
            ("Message", Some("message")),
            ("budget", None),
        ] {
            assert_eq!(meaning(given), meant, "{given}");
        }
    }
}

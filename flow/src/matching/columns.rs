//! What a column of a list, or an extra field of a form, holds, told by its name.

use serde::Deserialize;

/// What a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The whole name.
    FullName,
    /// The given name.
    GivenName,
    /// A middle name or its initial.
    MiddleName,
    /// The family name.
    FamilyName,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The company.
    Company,
    /// Its web address.
    Website,
    /// The house number.
    HouseNumber,
    /// The street, perhaps with the house number.
    Street,
    /// A second address line.
    AddressLine2,
    /// Town or suburb.
    City,
    /// Postal code.
    Postcode,
    /// State, province or region.
    State,
    /// Country.
    Country,
    /// Date of birth.
    Born,
    /// Gender.
    Gender,
    /// A number given to this person alone.
    PersonalId,
    /// Town of birth.
    BirthPlace,
    /// Occupation.
    Occupation,
}

/// What a column of this name commonly holds. Columns that name a truth or a group are never read.
pub fn role_of(column: &str) -> Option<Role> {
    let name = column.trim().to_lowercase().replace([' ', '-', '.'], "_");
    let truth = ["cluster", "entity", "truth", "true_", "match", "group", "label", "household"];
    if truth.iter().any(|word| name.contains(word)) {
        return None;
    }
    Some(match name.as_str() {
        "name" | "full_name" | "fullname" | "contact_name" | "person_name" => Role::FullName,
        "first_name" | "given_name" | "firstname" | "givenname" | "forename" | "fname" | "vorname" => {
            Role::GivenName
        }
        "last_name" | "surname" | "lastname" | "family_name" | "lname" | "sur_name" | "nachname" => {
            Role::FamilyName
        }
        "email" | "e_mail" | "email_address" | "mail" => Role::Email,
        "phone" | "phone_number" | "telephone" | "mobile" | "tel" | "phone_num" => Role::Phone,
        "company" | "employer" | "company_name" | "organisation" | "organization" | "firm" => Role::Company,
        "website" | "url" | "web" | "homepage" | "domain" => Role::Website,
        "street_number" | "house_number" | "street_no" | "housenumber" | "house_num" | "streetnumber" => {
            Role::HouseNumber
        }
        "address_2" | "address2" | "address_line_2" | "street_2" | "street2" => Role::AddressLine2,
        "suburb" | "city" | "town" | "locality" => Role::City,
        "postcode" | "zip" | "zip_code" | "postal_code" | "zipcode" | "post_code" | "plz" => Role::Postcode,
        "state" | "province" => Role::State,
        "country" | "country_code" => Role::Country,
        "dob" | "date_of_birth" | "birth_date" | "birthdate" | "birthday" => Role::Born,
        "gender" | "sex" => Role::Gender,
        "birth_place" | "place_of_birth" | "birthplace" => Role::BirthPlace,
        "occupation" | "job" | "job_title" | "profession" => Role::Occupation,
        name if name.starts_with("middle_") || name == "middle" => Role::MiddleName,
        name if name.starts_with("postcode") => Role::Postcode,
        name if name.starts_with("street") || name.starts_with("address") => Role::Street,
        name if name.ends_with("_id") => Role::PersonalId,
        _ => return None,
    })
}

//! Passwords: argon2id, as PHC strings.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};

/// Shortest password taken, in characters.
pub const LENGTH_MIN: usize = 10;

/// Hashes a password under a fresh salt. Takes tens of milliseconds on purpose: not for an async thread.
///
/// # Errors
/// When it is too short.
pub fn hash(password: &str) -> Result<String, String> {
    if password.chars().count() < LENGTH_MIN {
        return Err(format!("a password needs at least {LENGTH_MIN} characters"));
    }
    let salt = crate::engine::random().map_err(|error| error.to_string())?;
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt[..16]);
    hashed.map(|phc| phc.to_string()).map_err(|error| error.to_string())
}

/// Whether this is the password. Takes as long as hashing.
pub fn is_right(password: &str, phc: &str) -> bool {
    match PasswordHash::new(phc) {
        Ok(phc) => Argon2::default().verify_password(password.as_bytes(), &phc).is_ok(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_fits_and_no_other() {
        let phc = hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$"));
        assert!(is_right("correct horse battery", &phc));
        assert!(!is_right("correct horse batterx", &phc));
        assert!(!is_right("correct horse battery", "not a hash"));
        assert_ne!(phc, hash("correct horse battery").unwrap(), "a fresh salt each time");
        assert!(hash("short").is_err());
    }
}

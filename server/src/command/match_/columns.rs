//! Which column of a CSV file says what, and rows read accordingly.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

use flow::matching::columns::{Role, role_of};
use flow::matching::{Fields, Identity, RawName};
use serde::Deserialize;

use super::{MatchError, Rows, STRIDE, progress};

/// Columns said by the user instead of recognised by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    columns: HashMap<Role, String>,
}

/// Reads a column map.
pub fn read_map(path: &Path) -> Result<ColumnMap, MatchError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| MatchError::Read { path: path.to_owned(), source })?;
    toml::from_str(&text)
        .map_err(|error| MatchError::Map { path: path.to_owned(), message: error.to_string() })
}

const ID_COLUMNS: [&str; 4] = ["rec_id", "id", "unique_id", "record_id"];

/// Which column holds what in one file.
struct Layout {
    id: Option<usize>,
    roles: Vec<(Role, usize)>,
}

impl Layout {
    fn read(
        path: &Path,
        header: &csv::StringRecord,
        id: Option<&str>,
        map: Option<&ColumnMap>,
    ) -> Result<Layout, MatchError> {
        let place = |wanted: &str| {
            header.iter().position(|column| column == wanted).ok_or_else(|| MatchError::NoColumn {
                path: path.to_owned(),
                column: wanted.to_owned(),
                columns: header.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", "),
            })
        };
        let id = match id {
            Some(column) => Some(place(column)?),
            None => ID_COLUMNS.iter().find_map(|wanted| header.iter().position(|column| column == *wanted)),
        };
        let mut roles: Vec<(Role, usize)> = match map {
            Some(map) => map
                .columns
                .iter()
                .map(|(role, column)| place(column).map(|place| (*role, place)))
                .collect::<Result<Vec<_>, MatchError>>()?,
            None => header
                .iter()
                .enumerate()
                .filter(|(place, _)| Some(*place) != id)
                .filter_map(|(place, column)| Some((role_of(column)?, place)))
                .collect(),
        };
        roles.sort_unstable();
        if roles.is_empty() {
            return Err(MatchError::NothingKnown { path: path.to_owned() });
        }
        let ignored: Vec<&str> = header
            .iter()
            .enumerate()
            .filter(|(place, _)| Some(*place) != id && roles.iter().all(|(_, used)| used != place))
            .map(|(_, column)| column)
            .collect();
        if !ignored.is_empty() {
            eprintln!("{}: ignored columns: {}", path.display(), ignored.join(", "));
        }
        Ok(Layout { id, roles })
    }

    /// What one row says in a role: the first column of that role that is not empty.
    fn text<'r>(&self, row: &'r csv::StringRecord, role: Role) -> &'r str {
        self.texts(row, role).next().unwrap_or_default()
    }

    /// What all columns of a role say, one after the other: an address in several columns.
    fn joined(&self, row: &csv::StringRecord, role: Role) -> String {
        self.texts(row, role).collect::<Vec<_>>().join(" ")
    }

    fn texts<'r>(&self, row: &'r csv::StringRecord, role: Role) -> impl Iterator<Item = &'r str> {
        let places = self.roles.iter().filter(move |(known, _)| *known == role);
        places.filter_map(|(_, place)| row.get(*place)).map(str::trim).filter(|text| !text.is_empty())
    }
}

/// Reads a file's rows behind those already there, and says which columns it ignored.
pub fn read_rows(
    path: &Path,
    id: Option<&str>,
    map: Option<&ColumnMap>,
    rows: &mut Rows,
) -> Result<(), MatchError> {
    let refused = |source| MatchError::Csv { path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| MatchError::Read { path: path.to_owned(), source })?;
    let bytes = file.metadata().map(|data| data.len()).unwrap_or_default();
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::with_capacity(1 << 16, file));
    let header = reader.headers().map_err(refused)?.clone();
    let layout = Layout::read(path, &header, id, map)?;
    let bar = progress("reading", bytes as usize);
    let mut row = csv::StringRecord::new();
    let mut count = 0usize;
    while reader.read_record(&mut row).map_err(refused)? {
        count += 1;
        let named = layout.id.and_then(|place| row.get(place)).filter(|name| !name.is_empty());
        rows.ids.push(named.map_or_else(|| count.to_string(), str::to_owned));
        rows.people.push(read_person(&layout, &row));
        if count.is_multiple_of(STRIDE) {
            bar.set_position(row.position().map(csv::Position::byte).unwrap_or_default());
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn read_person(layout: &Layout, row: &csv::StringRecord) -> Identity {
    let text = |role| layout.text(row, role);
    let middle = layout.joined(row, Role::MiddleName);
    let street = layout.joined(row, Role::Street);
    Identity::read(&Fields {
        name: RawName {
            full: text(Role::FullName),
            given: text(Role::GivenName),
            middle: &middle,
            family: text(Role::FamilyName),
        },
        email: text(Role::Email),
        phone: text(Role::Phone),
        company: text(Role::Company),
        website: text(Role::Website),
        street: &street,
        house_number: text(Role::HouseNumber),
        line2: text(Role::AddressLine2),
        city: text(Role::City),
        postcode: text(Role::Postcode),
        state: text(Role::State),
        country: text(Role::Country),
        born: text(Role::Born),
        gender: text(Role::Gender),
        personal_id: text(Role::PersonalId),
        birth_place: text(Role::BirthPlace),
        occupation: text(Role::Occupation),
        home_country: "",
    })
}

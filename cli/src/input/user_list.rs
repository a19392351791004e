//! Lists of users: JSON as getUsers and mongoexport give it, or one name per line.

use serde_json::Value;

/// A user of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name, to the letter.
    pub name: String,
    /// The database that it was created in, where the list says it.
    pub database: Option<String>,
}

/// Reads the list.
pub fn read(text: &str) -> Result<Vec<User>, String> {
    // Editors put it at the beginning of a file; it belongs to no name.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[']) {
        let lines = text
            .lines()
            .map(|line| line.strip_suffix('\r').unwrap_or(line));
        let lines = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        return Ok(lines.map(|line| user(line, None)).collect());
    }
    let mut users = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let document = document.map_err(|error| {
            format!(
                "no JSON: {error}. mongosh prints JSON with EJSON.stringify(...), and --quiet keeps \
                 other lines away"
            )
        })?;
        collect(&document, &mut users)?;
    }
    Ok(users)
}

fn user(name: &str, database: Option<&str>) -> User {
    User {
        name: name.to_owned(),
        database: database.map(str::to_owned),
    }
}

fn collect(value: &Value, users: &mut Vec<User>) -> Result<(), String> {
    match value {
        Value::String(name) => users.push(user(name, None)),
        Value::Array(all) => {
            for value in all {
                collect(value, users)?;
            }
        }
        Value::Object(document) => {
            if let Some(more) = document.get("users") {
                return collect(more, users);
            }
            let database = document.get("db").and_then(Value::as_str);
            let name = document.get("user").and_then(Value::as_str);
            users.push(user(name.ok_or("a document has no member user")?, database));
        }
        _ => return Err("a number, true, false or null cannot be a user".to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_every_kind_of_export() {
        for text in [
            "# exported\nx\ny\n",
            "\u{feff}x\r\ny\r\n",
            r#"["x", "y"]"#,
            r#"[{"user":"x","db":"$external"},{"user":"y","db":"$external"}]"#,
            "{\"user\":\"x\",\"db\":\"$external\"}\n{\"user\":\"y\",\"db\":\"$external\"}\n",
            r#"{"users":[{"user":"x"},{"user":"y"}],"ok":1}"#,
        ] {
            let users = read(text).unwrap();
            let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
            assert_eq!(names, ["x", "y"], "{text}");
        }
        for text in [
            "[1]",
            "{\"user\":1}",
            "[",
            "{}",
            "[{ user: 'x' }]",
            "[null]",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_kept_to_the_letter_with_its_database() {
        let users = read(r#"[{"user":" x\u200b","db":"admin"}]"#).unwrap();
        assert_eq!(users, [user(" x\u{200b}", Some("admin"))]);
        assert_eq!(read(" x \n").unwrap(), [user(" x ", None)]);
    }
}

//! Variables as services have them: a process's environment, or a file of assignments.

/// A variable and its value.
pub type Variable = (String, String);

/// The lines `NAME=VALUE` of a file, as a shell or systemd reads them.
pub fn of_file(text: &str) -> Vec<Variable> {
    text.lines().filter_map(assignment).collect()
}

/// `/proc/PID/environ`: assignments with a NUL behind each.
pub fn of_process(bytes: &[u8]) -> Vec<Variable> {
    let text = String::from_utf8_lossy(bytes);
    let all = text.split('\0').filter_map(|one| one.split_once('='));
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The proxy of a variable as a URL: without a scheme it is one of HTTP, as for curl.
pub fn with_scheme(proxy: &str) -> String {
    match proxy.contains("://") {
        true => proxy.to_owned(),
        false => format!("http://{proxy}"),
    }
}

fn assignment(line: &str) -> Option<Variable> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    (!name.starts_with(['#', ';'])).then(|| (name.trim().to_owned(), unquoted(value).to_owned()))
}

/// The value without the quotes around it.
fn unquoted(value: &str) -> &str {
    let value = value.trim();
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> Variable {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_file_has_assignments_as_services_write_them() {
        let text =
            "# A=b\n; C=d\nhttps_proxy=http://p:3128\r\nexport E=\"f g\"\nH='i'\nJ=\"k\n\nL\n";
        let wanted = [
            pair("https_proxy", "http://p:3128"),
            pair("E", "f g"),
            pair("H", "i"),
            pair("J", "\"k"),
        ];
        assert_eq!(of_file(text), wanted);
    }

    #[test]
    fn a_process_has_its_values_to_the_letter() {
        let bytes = b"A=b c\0D=\"e\"\0F=g\nh\0I\0J=\xff\0";
        let wanted = [
            pair("A", "b c"),
            pair("D", "\"e\""),
            pair("F", "g\nh"),
            pair("J", "\u{fffd}"),
        ];
        assert_eq!(of_process(bytes), wanted);
    }
}

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

/// The hosts of `no_proxy` as the SDK reads them, separated by commas; `None` where it is `*`, every host.
pub fn direct_hosts(no_proxy: &str) -> Option<String> {
    let entries = no_proxy.split(|c: char| c == ',' || c.is_ascii_whitespace());
    let bare = entries.map(|entry| entry.strip_prefix('*').unwrap_or(entry));
    let hosts: Vec<&str> = bare.filter(|entry| !entry.is_empty()).collect();
    (no_proxy.trim() != "*").then(|| hosts.join(","))
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
    fn hosts_without_a_proxy_are_a_list_or_all() {
        for (no_proxy, wanted) in [
            ("*", None),
            (" * ", None),
            ("", Some("")),
            ("a,b", Some("a,b")),
            ("a b\tc", Some("a,b,c")),
            ("*.example.com,10.0.0.0/8", Some(".example.com,10.0.0.0/8")),
            ("a,*", Some("a")),
        ] {
            assert_eq!(direct_hosts(no_proxy).as_deref(), wanted, "{no_proxy}");
        }
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

//! Any bytes as STS's answer in XML: what is accepted reads the same to another reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Answer, read_answer, xml};
use roxmltree::{Document, Node};

fuzz_target!(|body: &[u8]| {
    if let Ok(ours) = xml::read(body) {
        let text = str::from_utf8(body).expect("UTF-8");
        let document = Document::parse(text).expect("XML");
        let mut theirs = Vec::new();
        collect(document.root_element(), "", &mut theirs);
        theirs.sort();
        let mut ours: Vec<_> = ours
            .leaves()
            .map(|(p, t)| (p.to_owned(), t.to_owned()))
            .collect();
        ours.sort();
        assert_eq!(ours, theirs);
    }
    if let Ok(Answer::Caller(caller)) = read_answer(200, Some("text/xml"), body) {
        let document = Document::parse(str::from_utf8(body).expect("UTF-8")).expect("XML");
        for (name, value) in [
            ("Arn", &caller.arn),
            ("UserId", &caller.user_id),
            ("Account", &caller.account),
        ] {
            let mut named = document
                .descendants()
                .filter(|node| node.tag_name().name() == name);
            assert_eq!(named.next().and_then(|node| node.text()), Some(&**value));
            assert!(named.next().is_none(), "{name} stands twice");
        }
    }
    if let Ok(Answer::Caller(_)) = read_answer(403, Some("text/xml"), body) {
        panic!("an identity out of an error");
    }
});

/// The leaves, by their path without namespaces.
fn collect(node: Node<'_, '_>, above: &str, leaves: &mut Vec<(String, String)>) {
    let path = match above {
        "" => node.tag_name().name().to_owned(),
        above => format!("{above}/{}", node.tag_name().name()),
    };
    let mut children = node.children().filter(Node::is_element).peekable();
    if children.peek().is_none() {
        let text = node.children().filter_map(|child| child.text());
        leaves.push((path, text.collect()));
        return;
    }
    children.for_each(|child| collect(child, &path, leaves));
}

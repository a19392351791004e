use super::*;

fn texts(body: &str) -> Result<Vec<(String, String)>, Fault> {
    read(body.as_bytes()).map(|d| {
        d.leaves()
            .map(|(p, t)| (p.to_owned(), t.to_owned()))
            .collect()
    })
}

#[test]
fn elements_and_texts_are_read_by_path() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n \
                <A>\n<B>one</B>\t<C></C></A><D>two</D></R>\n";
    let expected = [("R/A/B", "one"), ("R/A/C", ""), ("R/D", "two")]
        .map(|(p, t)| (p.to_owned(), t.to_owned()));
    assert_eq!(texts(body).unwrap(), expected);
}

#[test]
fn the_predefined_entities_are_decoded_once() {
    assert_eq!(
        texts("<R>&lt;&gt;&amp;&quot;&apos;&amp;lt;</R>").unwrap()[0].1,
        "<>&\"'&lt;"
    );
}

#[test]
fn a_declaration_says_version_and_perhaps_encoding_and_standing() {
    for declaration in [
        "<?xml version='1.0'?>",
        "<?xml version='1.0' encoding='utf-8'?>\r\n",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
    ] {
        assert!(texts(&format!("{declaration}<R>\r\n<A>1</A>\r\n</R>")).is_ok());
    }
}

#[test]
fn everything_else_is_refused() {
    for body in [
        "",
        " ",
        "text",
        "<R>",
        "</R>",
        "<R></S>",
        "<R></R><R></R>",
        "<R></R>x",
        "x<R></R>",
        " <?xml version=\"1.0\"?><R></R>",
        "\u{feff}<R></R>",
        "<R/>",
        "<R a=\"b\"></R>",
        "<R xmlns=\"a\" b=\"c\"></R>",
        "<R><A xmlns=\"x\"></A></R>",
        "<R><A>1</A><A>2</A></R>",
        "<R>text<A>1</A></R>",
        "<R><A>1</A>text</R>",
        "<R><A>1</A>text<B></B></R>",
        "<!DOCTYPE R [<!ENTITY x \"y\">]><R>&x;</R>",
        "<R>&x;</R>",
        "<R>&#65;</R>",
        "<R>&amp</R>",
        "<R><!-- c --></R>",
        "<R><![CDATA[x]]></R>",
        "<R><?pi x?></R>",
        "<n:R></n:R>",
        "<R ></R>",
        "<R></R >",
        "<></>",
        "<?xml version=\"1.0\"<R></R>",
        "<?xml encoding=\"UTF-8\"?><R></R>",
        "<?xml version=\"1.1\"?><R></R>",
        "<?xml version=\"1.0' ?><R></R>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><R></R>",
        "<?xml encoding=\"UTF-8\" version=\"1.0\"?><R></R>",
        "<R>a]]>b</R>",
        "<R>\0</R>",
        "<R>\u{1b}</R>",
        "<R>\u{ffff}</R>",
        "<R>a\r\nb</R>",
        "<1></1>",
        "<R xmlns=\"http://www.w3.org/XML/1998/namespace\"></R>",
        "<A><A><A><A><A><A><A><A><A></A></A></A></A></A></A></A></A></A>",
    ] {
        assert!(texts(body).is_err(), "{body:?}");
    }
    assert!(read(b"<R>\xFF</R>").is_err());
}

#[test]
fn a_document_of_many_elements_is_refused_early() {
    let many: String = (0..10_000).map(|i| format!("<e{i}></e{i}>")).collect();
    assert_eq!(
        texts(&format!("<R>{many}</R>")),
        Err(Fault("it has too many elements"))
    );
}

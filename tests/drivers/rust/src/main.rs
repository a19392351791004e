//! The Rust driver as a program: see ../../README.md for what it is asked and answers.

use std::io::Write;

use futures_util::future::try_join_all;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::{Client, Collection};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["version"] => say(&json!({"version": env!("DRIVER_VERSION")})),
        [action, uri, more @ ..] => {
            let count = more.first().and_then(|count| count.parse().ok());
            if let Err(error) = talk(action, uri, count.unwrap_or(0)).await {
                say(&json!({"code": code(&error), "message": error.to_string()}));
            }
        }
        _ => {}
    }
}

fn say(answer: &Value) {
    let mut out = std::io::stdout().lock();
    // Who has gone away hears nothing.
    let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
}

/// The number that the server answered with.
fn code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(refusal) => Some(refusal.code),
        _ => std::error::Error::source(error)
            // The driver's error keeps its cause in a box, which is an error itself.
            .and_then(|source| source.downcast_ref::<Box<Error>>())
            .and_then(|cause| code(cause)),
    }
}

async fn find(products: &Collection<Document>) -> Result<(), Error> {
    products.find_one(doc! {"_id": "none"}).await.map(|_| ())
}

async fn talk(action: &str, uri: &str, count: usize) -> Result<(), Error> {
    let client = Client::with_uri_str(uri).await?;
    let products = client.database("shop").collection("products");
    match action {
        "login" => {
            let command = doc! {"connectionStatus": 1};
            let status = client.database("admin").run_command(command).await?;
            say(&json!({"user": user(&status)}));
        }
        "pool" => {
            try_join_all((0..count).map(|_| find(&products))).await?;
            say(&json!({"found": count}));
        }
        "restart" => {
            find(&products).await?;
            say(&json!({"ready": true}));
            BufReader::new(stdin()).lines().next_line().await?;
            find(&products).await?;
            say(&json!({"found": 1}));
        }
        _ => {}
    }
    Ok(())
}

fn user(status: &Document) -> Option<&str> {
    status
        .get_document("authInfo")
        .ok()?
        .get_array("authenticatedUsers")
        .ok()?
        .first()?
        .as_document()?
        .get_str("user")
        .ok()
}

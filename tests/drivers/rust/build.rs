//! Tells the program which version of the driver it is built with, as the lock file has it.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock")?;
    let version = lock
        .split("[[package]]")
        .find(|package| package.contains("name = \"mongodb\"\n"))
        .and_then(|package| {
            package
                .lines()
                .find_map(|line| line.strip_prefix("version = "))
        })
        .ok_or("no driver in Cargo.lock")?;
    println!(
        "cargo::rustc-env=DRIVER_VERSION={}",
        version.trim_matches('"')
    );
    Ok(())
}

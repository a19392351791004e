//! What the tool reads: files, the environment, lines of logs, ARNs. Pure functions of texts: nothing
//! here opens a file, a socket or a variable, and no input makes it panic (`fuzz/targets/tool.rs`).

pub mod arn_faults;
pub mod catalogue;
pub mod credentials;
pub mod environment;
pub mod line;
pub mod meaning;
pub mod near;
pub mod numbers;
pub mod principal;
pub mod regions;
pub mod server_config;
pub mod settings;
pub mod signing_clock;
pub mod texts;
pub mod user_list;

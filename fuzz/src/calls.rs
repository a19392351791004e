//! What the target of the function table needs: handles of all kinds, and a model of the plugin.

use arbitrary::Arbitrary;
use mongodb_aws_auth::abi::maws_code;

use crate::document_of_strings;

/// Which handle a call is made with.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Handle {
    /// One of the live ones.
    Live(u8),
    /// One that was live.
    Stale(u8),
    /// An invented one.
    Number(u64),
}

/// A conversation that was begun and not ended.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Its handle.
    pub id: u64,
    /// Its plugin's handle.
    pub plugin: u64,
    code: Option<i32>,
}

/// What the plugin must know.
#[derive(Default, Debug)]
pub struct Model {
    /// Live plugins.
    pub plugins: Vec<u64>,
    /// Live conversations.
    pub conversations: Vec<Live>,
    quiesced_plugins: Vec<u64>,
    stale_plugins: Vec<u64>,
    stale_conversations: Vec<u64>,
}

impl Model {
    /// A plugin's handle, and whether it is live.
    pub fn plugin(&self, handle: Handle) -> (u64, bool) {
        let id = pick(handle, &self.plugins, &self.stale_plugins);
        (id, self.plugins.contains(&id))
    }

    /// A conversation's handle, and whether it is live.
    pub fn conversation(&self, handle: Handle) -> (u64, bool) {
        let live: Vec<u64> = self.conversations.iter().map(|live| live.id).collect();
        let id = pick(handle, &live, &self.stale_conversations);
        (id, live.contains(&id))
    }

    /// A plugin takes no more logins.
    pub fn quiesced(&mut self, id: u64) {
        self.quiesced_plugins.push(id);
    }

    /// Whether a plugin takes no more logins.
    pub fn is_quiesced(&self, id: u64) -> bool {
        self.quiesced_plugins.contains(&id)
    }

    /// A plugin was destroyed.
    pub fn forget_plugin(&mut self, id: u64) {
        self.plugins.retain(|known| *known != id);
        self.stale_plugins.push(id);
    }

    /// A conversation was begun: its handle is nobody else's, now or before.
    pub fn began(&mut self, id: u64, plugin: u64) {
        assert!(!self.stale_conversations.contains(&id));
        assert!(self.conversations.iter().all(|live| live.id != id));
        self.conversations.push(Live {
            id,
            plugin,
            code: None,
        });
    }

    /// A conversation was ended.
    pub fn forget_conversation(&mut self, id: u64) {
        self.conversations.retain(|live| live.id != id);
        self.stale_conversations.push(id);
    }

    /// What the last call said of a conversation.
    pub fn code(&self, id: u64) -> Option<i32> {
        self.conversations.iter().find(|live| live.id == id)?.code
    }

    /// A call said this. An outcome stays, and nothing turns back.
    pub fn saw(&mut self, id: u64, code: i32) {
        let live = self.conversations.iter_mut().find(|live| live.id == id);
        let live = live.expect("a live conversation");
        match live.code {
            Some(before) if before < 0 => assert_eq!(code, before),
            Some(before) if before == maws_code::MAWS_PENDING as i32 => {
                assert!(code == before || code < 0);
            }
            _ => {}
        }
        assert_ne!(code, maws_code::MAWS_DONE as i32, "nobody is verified here");
        live.code = Some(code);
    }
}

fn pick(handle: Handle, live: &[u64], stale: &[u64]) -> u64 {
    let of = |ids: &[u64], index: u8| {
        let index = usize::from(index).checked_rem(ids.len());
        index.and_then(|index| ids.get(index).copied()).unwrap_or(0)
    };
    match handle {
        Handle::Live(index) => of(live, index),
        Handle::Stale(index) => of(stale, index),
        Handle::Number(number) => number,
    }
}

/// A client-first that is accepted.
pub fn first() -> Vec<u8> {
    let nonce = [0x5A; 32];
    [
        &b"\x34\0\0\0\x05r\0\x20\0\0\0\0"[..],
        &nonce,
        b"\x10p\0\x6E\0\0\0\0",
    ]
    .concat()
}

/// A client-second that is accepted, and that no STS would.
pub fn second() -> Vec<u8> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request, \
         SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;\
         x-mongodb-server-nonce, Signature={}",
        "0123456789abcdef".repeat(4)
    );
    document_of_strings(&[("a", &authorization), ("d", "20261123T120000Z")])
}

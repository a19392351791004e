//! The plugin's C interface, called as a server calls it.

use std::mem::{offset_of, size_of};
use std::path::Path;
use std::ptr;

use mongodb_aws_auth::abi::{
    MAWS_ABI_MINOR, MAWS_BEGIN_TLS, maws_api, maws_begin, maws_conv, maws_entry_fn, maws_host,
    maws_info, maws_option, maws_plugin, maws_status, maws_str,
};

use super::raw::{
    ABSENT, CallError, Log, OptionRow, absent, bytes, call_error, copy_of, empty_error, empty_step,
    option_row, size_of_u32, static_text, take_log_event, text, text_view,
};

const ENTRY: &[u8] = b"maws_plugin_entry_v1\0";

/// The plugin's table of functions. The library stays loaded for the life of the process.
pub struct Library {
    api: maws_api,
}

/// What info tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    pub status: maws_status,
    pub reason: u32,
    pub principal: String,
    pub raw_arn: String,
    pub access_key_id: String,
    pub sts_host: String,
    pub sts_request_id: String,
    pub sts_error_code: String,
    pub detail: String,
    pub connect_us: u64,
    pub sts_us: u64,
    pub total_us: u64,
}

impl Library {
    /// Loads the file as a server does; the caller has looked at who can write it.
    pub fn open(path: &Path) -> Result<Library, String> {
        use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};
        // SAFETY: loading runs the file's initialisers: the operator named this plugin's file.
        let loaded = unsafe { Loaded::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let loaded = loaded.map_err(|error| error.to_string())?;
        // SAFETY: the symbol's type is part of its versioned name.
        let entry = unsafe { loaded.get::<maws_entry_fn>(ENTRY) };
        let entry = match entry {
            Ok(symbol) => *symbol,
            Err(_) => {
                return Err(
                    "it has no function maws_plugin_entry_v1: another library, or another \
                            major version of the interface"
                        .to_owned(),
                );
            }
        };
        // The table is static data of the library.
        std::mem::forget(loaded);
        let entry = entry.ok_or("its entry function is NULL")?;
        let mut error = empty_error();
        // SAFETY: the error is a live buffer whose size is told.
        let api = unsafe { entry(MAWS_ABI_MINOR, &mut error) };
        if api.is_null() {
            return Err(format!(
                "it needs a newer host: {}",
                call_error(&error, 0).message
            ));
        }
        // SAFETY: every table starts with its size.
        let size = unsafe { ptr::addr_of!((*api).struct_size).read() } as usize;
        if size < offset_of!(maws_api, end) + size_of::<usize>() {
            return Err(format!("its table of functions is cut off ({size} bytes)"));
        }
        // SAFETY: the table has this size, and all-zero is a legal one: no texts, no functions.
        let api = unsafe { copy_of(api, size) };
        Ok(Library { api })
    }

    /// Version, interface and TLS library, in words.
    pub fn description(&self) -> String {
        // SAFETY: a static text of the library, or NULL.
        let version = unsafe { static_text(self.api.version) };
        let (minor, tls) = (self.api.abi_minor, self.tls());
        format!("version {version}, interface 1.{minor}, {tls}")
    }

    /// The TLS library inside.
    pub fn tls(&self) -> String {
        // SAFETY: a static text of the library, or NULL.
        unsafe { static_text(self.api.tls) }
    }

    /// The mechanism that it gives.
    pub fn mechanism(&self) -> String {
        // SAFETY: a static text of the library, or NULL.
        unsafe { static_text(self.api.mechanism) }
    }

    /// The plugin's options.
    pub fn options(&self) -> Vec<OptionRow> {
        let Some(option_at) = self.api.option_at else {
            return Vec::new();
        };
        // SAFETY: any index may be asked for; past the last one the answer is NULL.
        let rows = (0..).map(|index| unsafe { option_at(index) });
        rows.take_while(|row| !row.is_null())
            // SAFETY: a row that is not NULL is static data that starts with its size.
            .filter_map(|row| unsafe { option_row(row) })
            .collect()
    }

    /// All that the plugin would not start with among these options, by its own rules; none where it is
    /// too old to say.
    pub fn check_options(&self, options: &[(String, String)]) -> Vec<String> {
        let options = option_views(options);
        let Some(check) = self.api.check_options else {
            return Vec::new();
        };
        let mut needed = 0;
        // SAFETY: the options are live; without a buffer only the size is told.
        let _size_is_told = unsafe {
            check(
                options.as_ptr(),
                options.len(),
                ptr::null_mut(),
                0,
                &mut needed,
            )
        };
        let mut buffer: Vec<u8> = vec![0; needed];
        // SAFETY: the options are live, and the buffer has the size that is told.
        let status = unsafe {
            check(
                options.as_ptr(),
                options.len(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &mut needed,
            )
        };
        if status == 0 {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&buffer);
        let text = text.trim_end_matches('\0');
        text.lines().map(str::to_owned).collect()
    }

    /// Creates a plugin that logs into `log` at every level.
    pub fn create(
        &self,
        options: &[(String, String)],
        log: &'static Log,
    ) -> Result<maws_plugin, CallError> {
        let host = maws_host {
            struct_size: size_of_u32::<maws_host>(),
            abi_minor: MAWS_ABI_MINOR,
            host_ctx: ptr::from_ref(log).addr(),
            log: Some(take_log_event),
            conv_ready: None,
            log_level: 0,
            reserved: 0,
        };
        log.share();
        let options = option_views(options);
        let mut plugin = maws_plugin { id: 0 };
        let mut error = empty_error();
        let Some(create) = self.api.create else {
            return Err(absent("create"));
        };
        // SAFETY: all pointers are to live values; the host's context is a static.
        let status = unsafe {
            create(
                &host,
                options.as_ptr(),
                options.len(),
                &mut plugin,
                &mut error,
            )
        };
        match status {
            0 => Ok(plugin),
            _ => Err(call_error(&error, status)),
        }
    }

    /// Stops a plugin.
    pub fn destroy(&self, plugin: maws_plugin, drain_ms: u32) {
        if let Some(destroy) = self.api.destroy {
            // SAFETY: a handle goes by value; a stale one is answered with a status.
            let _left_behind = unsafe { destroy(plugin, drain_ms) };
        }
    }

    /// Begins a conversation over a link that is TLS.
    pub fn begin(&self, plugin: maws_plugin) -> Result<maws_conv, CallError> {
        let args = maws_begin {
            struct_size: size_of_u32::<maws_begin>(),
            flags: MAWS_BEGIN_TLS,
            budget_ms: 0,
            reserved: 0,
            conv_ctx: 0,
            log_id: 1,
            database: text_view("$external"),
            client_addr: text_view("mongodb-aws-auth check"),
        };
        let mut conv = maws_conv { id: 0 };
        let mut error = empty_error();
        let Some(begin) = self.api.begin else {
            return Err(absent("begin"));
        };
        // SAFETY: all pointers are to live values.
        match unsafe { begin(plugin, &args, &mut conv, &mut error) } {
            0 => Ok(conv),
            status => Err(call_error(&error, status)),
        }
    }

    /// Hands over a payload of the client; gives the status and the reply.
    pub fn step(&self, conv: maws_conv, payload: &[u8]) -> (maws_status, Vec<u8>) {
        let mut out = empty_step();
        // SAFETY: payload and out are live; the reply is valid until end.
        unsafe {
            let status = self.api.step.map_or(ABSENT, |step| {
                step(conv, payload.as_ptr(), payload.len(), &mut out)
            });
            (status, bytes(&out.reply).to_vec())
        }
    }

    /// Waits for the outcome.
    pub fn poll(&self, conv: maws_conv, wait_ms: u32) -> maws_status {
        let mut out = empty_step();
        // SAFETY: out is live.
        unsafe {
            self.api
                .poll
                .map_or(ABSENT, |poll| poll(conv, wait_ms, &mut out))
        }
    }

    /// What is known of the conversation.
    pub fn info(&self, conv: maws_conv) -> Info {
        // SAFETY: all-zero is the legal empty value: NULL views and zeros.
        let mut info: maws_info = unsafe { std::mem::zeroed() };
        info.struct_size = size_of_u32::<maws_info>();
        // SAFETY: info is live, and its views are valid until end.
        unsafe {
            let status = self.api.info.map_or(ABSENT, |call| call(conv, &mut info));
            let text = |view: &maws_str| text(view);
            Info {
                status: if status == 0 { info.status } else { status },
                reason: info.reason,
                principal: text(&info.principal),
                raw_arn: text(&info.raw_arn),
                access_key_id: text(&info.access_key_id),
                sts_host: text(&info.sts_host),
                sts_request_id: text(&info.sts_request_id),
                sts_error_code: text(&info.sts_error_code),
                detail: text(&info.detail),
                connect_us: info.connect_us,
                sts_us: info.sts_us,
                total_us: info.total_us,
            }
        }
    }

    /// Ends the conversation.
    pub fn end(&self, conv: maws_conv) {
        if let Some(end) = self.api.end {
            // SAFETY: a handle goes by value; a stale one is answered with a status.
            let _stale = unsafe { end(conv) };
        }
    }
}

/// Views of texts that the caller keeps.
fn option_views(options: &[(String, String)]) -> Vec<maws_option> {
    let view = |(key, value): &(String, String)| maws_option {
        key: text_view(key),
        value: text_view(value),
    };
    options.iter().map(view).collect()
}

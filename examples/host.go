// The smallest complete host in Go: what examples/host.c is in C.
//
//	host PLUGIN [OPTION=VALUE]...
//
// Payloads of the client come as hexadecimal lines on standard input, those for the client go out
// likewise on standard output, then "verified USER" or "refused".
package main

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include "mongodb_aws_auth_calls.h"

// Go cannot call a function pointer.
static const maws_api* load(const char* path, maws_error* error) {
	void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void* entry = library == NULL ? NULL : dlsym(library, "maws_plugin_entry_v1");
	return entry == NULL ? NULL : ((maws_entry_fn)entry)(MAWS_ABI_MINOR, error);
}
*/
import "C"

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"strings"
	"unsafe"
)

// Lives on, as the plugin may read it until the call that it is for returns.
func text(s string) C.maws_str {
	return C.maws_str{ptr: C.CString(s), len: C.size_t(len(s))}
}

func main() {
	var plugin C.maws_plugin
	var conversation C.maws_conv
	host := C.maws_host{struct_size: C.sizeof_maws_host, abi_minor: C.MAWS_ABI_MINOR}
	failure := C.maws_error{struct_size: C.sizeof_maws_error}
	begin := C.maws_begin{struct_size: C.sizeof_maws_begin, flags: C.MAWS_BEGIN_TLS, database: text("$external")}
	step := C.maws_step{struct_size: C.sizeof_maws_step}
	info := C.maws_info{struct_size: C.sizeof_maws_info}
	options := make([]C.maws_option, len(os.Args))
	settings := os.Args[2:]
	for i, setting := range settings {
		key, value, _ := strings.Cut(setting, "=")
		options[i] = C.maws_option{key: text(key), value: text(value)}
	}

	api := C.load(C.CString(os.Args[1]), &failure)
	if api == nil {
		log.Fatal("this is not the plugin: ", C.GoString(&failure.message[0]))
	}
	if C.maws_call_create(api, &host, &options[0], C.size_t(len(settings)), &plugin, &failure) != C.MAWS_DONE ||
		C.maws_call_begin(api, plugin, &begin, &conversation, &failure) != C.MAWS_DONE {
		log.Fatal(C.GoString(&failure.message[0]))
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64*1024)
	status := C.maws_status(C.MAWS_CONTINUE)
	for status == C.MAWS_CONTINUE && lines.Scan() {
		decoded, _ := hex.DecodeString(lines.Text())
		payload := C.CBytes(decoded)
		status = C.maws_call_step(api, conversation, (*C.uint8_t)(payload), C.size_t(len(decoded)), &step)
		C.free(payload)
		for status == C.MAWS_PENDING { // a cancel of another goroutine ends this wait
			status = C.maws_call_poll(api, conversation, 100, &step)
		}
		if status == C.MAWS_CONTINUE {
			fmt.Printf("%x\n", C.GoBytes(unsafe.Pointer(step.reply.ptr), C.int(step.reply.len)))
		}
	}
	C.maws_call_info(api, conversation, &info)
	if status == C.MAWS_DONE {
		fmt.Println("verified", C.GoString(info.principal.ptr)) // the user to look up in $external
	} else {
		fmt.Println("refused") // the reason is for the log alone
		log.Printf("reason %d: %s", info.reason, C.GoString(info.detail.ptr))
	}
	C.maws_call_end(api, conversation)
	C.maws_call_destroy(api, plugin, 5000)
	if status != C.MAWS_DONE {
		os.Exit(1)
	}
}

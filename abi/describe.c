/* Prints, as a host of a release sees them, a library's options (a line each: name, kind, whether
 * it changes at run time) and then its statistics. Compiled with that release's header. Arguments:
 * the library, a CA file. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "mongodb_aws_auth.h"

int main(int argc, char** argv) {
    void* const library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    maws_entry_fn entry = NULL;
    if (library == NULL) return 1;
    *(void**)&entry = dlsym(library, "maws_plugin_entry_v1");
    const maws_api* const api = entry != NULL ? entry(MAWS_ABI_MINOR, NULL) : NULL;
    if (api == NULL) return 1;
    const maws_option_desc* option;
    for (uint32_t i = 0; (option = api->option_at(i)) != NULL; i++) {
        const int runtime = (option->flags & MAWS_OPTION_RUNTIME) != 0;
        printf("%s kind %d\n%s", option->name, (int)option->kind, runtime ? option->name : "");
        printf("%s", runtime ? " runtime\n" : "");
    }
    const maws_host host = MAWS_INIT(maws_host);
    maws_error error = MAWS_INIT(maws_error);
    const maws_option ca_file = {{"awsStsCAFile", strlen("awsStsCAFile")},
                                 {argv[2], strlen(argv[2])}};
    maws_plugin plugin;
    char json[16384];
    if (api->create(&host, &ca_file, 1, &plugin, &error) != MAWS_DONE) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    if (api->stats_json(plugin, json, sizeof json, NULL) != MAWS_DONE) return 1;
    printf("%s\n", json);
    return api->destroy(plugin, 1000) != MAWS_DONE;
}

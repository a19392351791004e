// Loads the installed plugin, or the one that is named, through the shim, says what it has loaded,
// and creates a plugin with the default options: that reads the system's CA bundle.
#include <cstdio>

#include "maws/library.h"
#include "maws/plugin.h"

int main(int argc, char** argv) {
    const auto library = maws::Library::open(argc > 1 ? argv[1] : PLUGIN);
    if (!library) {
        std::printf("not loaded: %s\n", library.error().message.c_str());
        return 1;
    }
    std::printf("loaded %s, version %s, %s\n", library.value().path().c_str(),
                library.value().api()->version, library.value().api()->tls);
    const auto plugin = maws::Plugin::create(library.value(), {}, {});
    if (!plugin) {
        std::printf("not created: %s\n", plugin.error().message.c_str());
        return 2;
    }
    std::printf("created\n");
    return plugin.value().destroy(1000).ok() ? 0 : 3;
}

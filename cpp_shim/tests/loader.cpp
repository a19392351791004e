// Which files the loader trusts, and which libraries it accepts. Argument: a plugin.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "check.h"
#include "maws/library.h"
#include "maws/trusted_file.h"

namespace {

namespace fs = std::filesystem;

class Scratch : public ScratchFolder {
 public:
    fs::path directory(const std::string& name, mode_t mode) const {
        fs::create_directory(path() / name);
        set_mode(path() / name, mode);
        return path() / name;
    }
    static fs::path file(const fs::path& path, mode_t mode) {
        std::ofstream(path) << "text";
        set_mode(path, mode);
        return path;
    }

 private:
    static void set_mode(const fs::path& path, mode_t mode) {
        CHECK(chmod(path.c_str(), mode) == 0);
    }
};

bool trusted(const fs::path& path) {
    return maws::open_trusted(path.native()).ok();
}

bool refused_for(const fs::path& path, const std::string& word) {
    const auto opened = maws::open_trusted(path.native());
    return !opened && opened.error().message.find(word) != std::string::npos &&
           opened.error().message.find(path.native()) != std::string::npos;
}

void files_and_directories() {
    const Scratch scratch;
    const fs::path good = scratch.directory("good", 0755);
    const fs::path file = Scratch::file(good / "file", 0644);
    CHECK(trusted(file));
    CHECK(maws::open_trusted(file.native()).value().path == file.native());
    CHECK(refused_for(Scratch::file(good / "group", 0664), "writable by group or others"));
    CHECK(refused_for(Scratch::file(good / "others", 0646), "writable by group or others"));
    CHECK(refused_for(good, "directory"));
    CHECK(refused_for(good / "absent", "No such file"));
    CHECK(refused_for(file / "below", "not a directory"));
    CHECK(refused_for("file", "absolute"));
    CHECK(refused_for("", "absolute"));
    CHECK(refused_for(file.native() + "/", "does not name a file"));

    CHECK(refused_for(Scratch::file(scratch.directory("open", 0775) / "file", 0644),
                      "'" + (scratch.path() / "open").native() + "' is writable"));
    // With the sticky bit a directory in between is safe, a file directly in it is not.
    const fs::path sticky = scratch.directory("sticky", 01777);
    CHECK(refused_for(Scratch::file(sticky / "file", 0644), "others can write"));
    fs::create_directory(sticky / "own");
    CHECK(trusted(Scratch::file(sticky / "own" / "file", 0644)));
    // "..", "." and doubled slashes lead where they lead.
    CHECK(trusted(good.native() + "/../sticky//./own/file"));

    if (geteuid() == 0) {
        const fs::path foreign = Scratch::file(good / "foreign", 0644);
        CHECK(chown(foreign.c_str(), 12345, 12345) == 0);
        CHECK(refused_for(foreign, "12345"));
        const fs::path home = scratch.directory("home", 0755);
        Scratch::file(home / "file", 0644);
        CHECK(chown(home.c_str(), 12345, 12345) == 0);
        CHECK(refused_for(home / "file", "12345"));
    }
}

void links() {
    const Scratch scratch;
    const fs::path good = scratch.directory("good", 0755);
    const fs::path file = Scratch::file(good / "file", 0644);
    fs::create_symlink("file", good / "relative");
    fs::create_symlink(file, good / "absolute");
    fs::create_symlink("../good/absolute", good / "chain");
    fs::create_symlink("loop", good / "loop");
    fs::create_symlink(good, scratch.path() / "directory");
    for (const fs::path& link : {good / "relative", good / "absolute", good / "chain",
                                 scratch.path() / "directory" / "relative"}) {
        CHECK(trusted(link));
        CHECK(maws::open_trusted(link.native()).value().path == file.native());
    }
    CHECK(refused_for(good / "loop", "too many links"));
    // Whoever may exchange a link decides what is loaded, however safe the file itself is.
    const fs::path open = scratch.directory("open", 0777);
    fs::create_symlink(file, open / "link");
    CHECK(refused_for(open / "link", "writable"));
    const fs::path sticky = scratch.directory("sticky", 01777);
    fs::create_symlink(file, sticky / "link");
    CHECK(refused_for(sticky / "link", "others can write"));
    fs::create_symlink(open / "link", good / "away");
    CHECK(refused_for(good / "away", "writable"));
}

void no_plugins() {
    const Scratch scratch;
    const fs::path text = Scratch::file(scratch.path() / "text", 0755);
    const auto opened = maws::Library::open(text.native());
    CHECK(!opened && opened.error().message.find(text.native()) != std::string::npos);
}

maws_api api_of(const maws::Library& library) {
    return *library.api();
}

// What from_entry is to find; the entry function takes no context.
maws_api table;

const maws_api* table_entry(std::uint32_t /*minor*/, maws_error* /*error*/) {
    return &table;
}

const maws_api* refusing_entry(std::uint32_t /*minor*/, maws_error* error) {
    std::snprintf(error->message, sizeof error->message, "needs 1.7");
    return nullptr;
}

void versions(const maws::Library& library) {
    table = api_of(library);
    CHECK(maws::Library::from_entry(table_entry, "table").ok());
    // A newer plugin has a longer table.
    table.struct_size += 64;
    table.abi_minor += 1;
    CHECK(maws::Library::from_entry(table_entry, "table").ok());
    // An older one has a shorter table, or a hole in it.
    table = api_of(library);
    table.struct_size = offsetof(maws_api, end);
    auto refused = maws::Library::from_entry(table_entry, "table");
    CHECK(!refused && refused.error().status == MAWS_E_VERSION);
    CHECK(refused.error().message.find("too old, it lacks the function 'end'") !=
          std::string::npos);
    table = api_of(library);
    table.poll = nullptr;
    refused = maws::Library::from_entry(table_entry, "table");
    CHECK(!refused && refused.error().message.find("'poll'") != std::string::npos);
    table = api_of(library);
    table.struct_size = 8;
    CHECK(!maws::Library::from_entry(table_entry, "table"));
    table = api_of(library);
    table.mechanism = "PLAIN";
    CHECK(!maws::Library::from_entry(table_entry, "table"));
    refused = maws::Library::from_entry(refusing_entry, "table");
    CHECK(!refused && refused.error().message.find("needs 1.7") != std::string::npos);
}

}  // namespace

int main(int argc, char** argv) {
    CHECK(argc == 2);
    umask(022);
    files_and_directories();
    links();
    no_plugins();
    const ScratchFolder scratch;
    const auto library = maws::Library::open(scratch.trusted_copy(argv[1]));
    if (!library) std::fprintf(stderr, "%s\n", library.error().message.c_str());
    CHECK(library.ok());
    CHECK(!library.value().options().empty());
    versions(library.value());
    return 0;
}

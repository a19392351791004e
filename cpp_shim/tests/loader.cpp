// Which files the loader trusts, and which libraries it accepts. Argument: a plugin.
#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
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

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What opening a library with these bytes fails with.
std::string refusal_of(const ScratchFolder& scratch, const std::string& bytes) {
    const fs::path path = scratch.path() / "changed.so";
    fs::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
    const auto opened = maws::Library::open(path.native());
    CHECK(!opened);
    return opened.error().message;
}

Elf64_Ehdr header_of(const std::string& library) {
    Elf64_Ehdr header{};
    std::memcpy(&header, library.data(), sizeof header);
    return header;
}

// Where a library may be cut: within and behind each header, and within each segment.
std::set<std::size_t> cuts_of(const std::string& library) {
    const Elf64_Ehdr header = header_of(library);
    std::set<std::size_t> cuts{0, 1, EI_NIDENT, sizeof header - 1, sizeof header};
    cuts.insert(library.size() - 1);
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        const std::size_t at = header.e_phoff + i * sizeof segment;
        std::memcpy(&segment, library.data() + at, sizeof segment);
        cuts.insert({at, at + sizeof segment - 1});
        if (segment.p_filesz == 0) continue;
        cuts.insert({segment.p_offset, segment.p_offset + segment.p_filesz / 2,
                     segment.p_offset + segment.p_filesz - 1});
    }
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const std::size_t at = header.e_shoff + i * header.e_shentsize;
        cuts.insert({at, at + header.e_shentsize - 1U});
    }
    return cuts;
}

void truncated_libraries(const std::string& library) {
    const ScratchFolder scratch;
    const std::string cut = scratch.trusted_copy(library);
    const std::set<std::size_t> cuts = cuts_of(bytes_of(library));
    // From the end on, so that one copy will do.
    for (auto length = cuts.rbegin(); length != cuts.rend(); ++length) {
        fs::resize_file(cut, *length);
        const auto opened = maws::Library::open(cut);
        CHECK(!opened);
        const std::string& refusal = opened.error().message;
        CHECK(refusal.find("the file is truncated") != std::string::npos);
        CHECK(refusal.find(std::to_string(*length) + " bytes") != std::string::npos);
    }
}

void foreign_libraries(const std::string& library) {
    const ScratchFolder scratch;
    const std::string whole = bytes_of(library);
    const auto changed = [&](auto change) {
        Elf64_Ehdr header = header_of(whole);
        change(header);
        std::string bytes = whole;
        std::memcpy(bytes.data(), &header, sizeof header);
        return refusal_of(scratch, bytes);
    };
    const std::string other_machine = "another kind of machine";
    const std::string no_library = "not a shared library";
    const auto says = [](const std::string& refusal, const std::string& words) {
        return refusal.find(words) != std::string::npos;
    };
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_machine = EM_MIPS; }), other_machine));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_ident[EI_CLASS] = ELFCLASS32; }),
               other_machine));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_ident[EI_DATA] ^= 3; }), other_machine));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_type = ET_EXEC; }), no_library));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_phnum = 0; }), no_library));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_phentsize = 32; }), no_library));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_phoff = ~Elf64_Off{0}; }), "truncated"));
    CHECK(says(changed([](Elf64_Ehdr& header) { header.e_shoff = ~Elf64_Off{0}; }), "truncated"));
    CHECK(says(refusal_of(scratch, "text"), no_library));
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
    const std::string plugin = scratch.trusted_copy(argv[1]);
    truncated_libraries(plugin);
    foreign_libraries(plugin);
    const auto library = maws::Library::open(plugin);
    if (!library) std::fprintf(stderr, "%s\n", library.error().message.c_str());
    CHECK(library.ok());
    CHECK(!library.value().options().empty());
    versions(library.value());
    return 0;
}

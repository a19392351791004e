#include "maws/elf_file.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include "maws/messages.h"

namespace maws {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#elif defined(__powerpc64__)
constexpr Elf64_Half kMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr Elf64_Half kMachine = EM_S390;
#elif defined(__riscv)
constexpr Elf64_Half kMachine = EM_RISCV;
#else
#error the number of this machine in ELF headers is missing here
#endif
constexpr unsigned char kByteOrder =
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

class ElfFile {
 public:
    ElfFile(const TrustedFile& file, std::uint64_t size) : file_(file), size_(size) {}

    Result<void> check() const {
        std::array<char, SELFMAG> mark{};
        if (Result<void> ok = read(0, "ELF header", &mark); !ok) return ok;
        if (std::memcmp(mark.data(), ELFMAG, SELFMAG) != 0) {
            return refuse<messages::kNoLibrary>();
        }
        Elf64_Ehdr header{};
        if (Result<void> ok = read(0, "ELF header", &header); !ok) return ok;
        if (header.e_type != ET_DYN) return refuse<messages::kNoLibrary>();
        if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != kByteOrder ||
            header.e_machine != kMachine) {
            return refuse<messages::kOtherMachine>(header.e_machine, kMachine);
        }
        if (header.e_phnum == 0 || header.e_phentsize != sizeof(Elf64_Phdr)) {
            return refuse<messages::kNoLibrary>();
        }
        for (std::uint64_t index = 0; index < header.e_phnum; ++index) {
            if (Result<void> ok = check_segment(header.e_phoff, index); !ok) return ok;
        }
        return within("section table", header.e_shoff,
                      std::uint64_t{header.e_shnum} * header.e_shentsize);
    }

 private:
    template <const Message& M, class... Values>
    Error refuse(const Values&... values) const {
        return make_error<M>(MAWS_E_SYSTEM, file_.path, values...);
    }

    Result<void> check_segment(std::uint64_t table, std::uint64_t index) const {
        Elf64_Phdr segment{};
        // A table that wraps around 2^64 is not within the file either.
        const std::uint64_t at = table + index * sizeof segment;
        if (at < table) return refuse<messages::kNoLibrary>();
        if (Result<void> ok = read(at, "segment table", &segment); !ok) return ok;
        return within("segment " + std::to_string(index), segment.p_offset, segment.p_filesz);
    }

    Result<void> within(const std::string& part, std::uint64_t offset, std::uint64_t size) const {
        if (offset <= size_ && size <= size_ - offset) return {};
        return refuse<messages::kTruncated>(part, size_);
    }

    template <class Part>
    Result<void> read(std::uint64_t offset, const std::string& name, Part* part) const {
        if (Result<void> ok = within(name, offset, sizeof *part); !ok) return ok;
        const ssize_t length =
            pread(file_.file.get(), part, sizeof *part, static_cast<off_t>(offset));
        if (length == static_cast<ssize_t>(sizeof *part)) return {};
        const int number = length < 0 ? errno : EIO;
        return make_error<messages::kCannotRead>(MAWS_E_SYSTEM, file_.path, file_.path,
                                                 std::generic_category().message(number));
    }

    const TrustedFile& file_;
    const std::uint64_t size_;
};

}  // namespace

Result<void> check_elf(const TrustedFile& file) {
    struct stat status {};
    if (fstat(file.file.get(), &status) != 0) {
        const int number = errno;
        return make_error<messages::kCannotRead>(MAWS_E_SYSTEM, file.path, file.path,
                                                 std::generic_category().message(number));
    }
    return ElfFile(file, static_cast<std::uint64_t>(status.st_size)).check();
}

}  // namespace maws

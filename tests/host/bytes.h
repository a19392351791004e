// Numbers as they travel: 32 bits, least significant byte first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace host {

// The first four bytes of `bytes`, which has as many.
inline std::uint32_t read_u32(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

inline void append_u32(std::string& out, std::uint32_t value) {
    for (int i = 0; i < 4; ++i, value >>= 8U) out += static_cast<char>(value & 0xFFU);
}

}  // namespace host

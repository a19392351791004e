#include "bson.h"

#include <chrono>
#include <cmath>
#include <cstring>

#include "bytes.h"

namespace host {
namespace {

constexpr int kMaxDepth = 100;

const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

int length_of(std::string_view text) {
    return static_cast<int>(text.size());
}

std::string_view raw_view(const std::uint8_t* data, std::uint32_t length) {
    return {reinterpret_cast<const char*>(data), length};
}

// Visits every element, in bounded depth: libbson's own validation follows any nesting on the
// stack. The iterator checks each length against its document.
bool well_formed(bson_iter_t& it, int depth) {
    if (depth > kMaxDepth) return false;
    while (bson_iter_next(&it)) {
        const bson_type_t type = bson_iter_type(&it);
        if (type != BSON_TYPE_DOCUMENT && type != BSON_TYPE_ARRAY) continue;
        bson_iter_t child;
        if (!bson_iter_recurse(&it, &child) || !well_formed(child, depth + 1)) return false;
    }
    return it.err_off == 0;
}

bson_iter_t iterate(std::string_view bytes) {
    bson_iter_t it;
    std::memset(&it, 0, sizeof it);
    if (!bytes.empty()) bson_iter_init_from_data(&it, bytes_of(bytes), bytes.size());
    return it;
}

}  // namespace

std::optional<std::string_view> Field::text() const {
    if (type() != BSON_TYPE_UTF8) return std::nullopt;
    std::uint32_t length = 0;
    const char* data = bson_iter_utf8(&it_, &length);
    return std::string_view(data, length);
}

std::optional<std::string_view> Field::binary() const {
    if (type() != BSON_TYPE_BINARY) return std::nullopt;
    bson_subtype_t subtype{};
    std::uint32_t length = 0;
    const std::uint8_t* data = nullptr;
    bson_iter_binary(&it_, &subtype, &length, &data);
    return data == nullptr ? std::string_view{} : raw_view(data, length);
}

std::optional<std::int64_t> Field::integer() const {
    switch (type()) {
        case BSON_TYPE_INT32:
            return bson_iter_int32(&it_);
        case BSON_TYPE_INT64:
            return bson_iter_int64(&it_);
        case BSON_TYPE_DOUBLE: {
            const double value = bson_iter_double(&it_);
            if (!(std::fabs(value) < 9e15) || std::floor(value) != value) return std::nullopt;
            return static_cast<std::int64_t>(value);
        }
        default:
            return std::nullopt;
    }
}

std::optional<DocView> Field::document() const {
    if (type() != BSON_TYPE_DOCUMENT) return std::nullopt;
    std::uint32_t length = 0;
    const std::uint8_t* data = nullptr;
    bson_iter_document(&it_, &length, &data);
    return DocView(raw_view(data, length));
}

std::optional<DocView> Field::array() const {
    if (type() != BSON_TYPE_ARRAY) return std::nullopt;
    std::uint32_t length = 0;
    const std::uint8_t* data = nullptr;
    bson_iter_array(&it_, &length, &data);
    return DocView(raw_view(data, length));
}

bool Field::truthy() const {
    if (type() == BSON_TYPE_BOOL) return bson_iter_bool(&it_);
    if (type() == BSON_TYPE_DOUBLE) return bson_iter_double(&it_) != 0.0;
    return integer().value_or(0) != 0;
}

std::string_view Field::value_bytes() const {
    const std::uint32_t start = it_.off + 1 + bson_iter_key_len(&it_) + 1;
    return raw_view(it_.raw + start, it_.next_off - start);
}

std::string Field::identity() const {
    if (const auto number = integer()) return "number " + std::to_string(*number);
    return std::to_string(static_cast<int>(type())) + " " + std::string(value_bytes());
}

std::optional<DocView> DocView::check(std::string_view bytes) {
    if (bytes.size() < 5) return std::nullopt;
    const std::uint32_t length = read_u32(bytes);
    if (length < 5 || length > INT32_MAX || length > bytes.size()) return std::nullopt;
    const std::string_view document = bytes.substr(0, length);
    bson_t raw;
    bson_iter_t it;
    if (!bson_init_static(&raw, bytes_of(document), document.size()) ||
        !bson_iter_init(&it, &raw) || !well_formed(it, 1)) {
        return std::nullopt;
    }
    if (!bson_validate(&raw, BSON_VALIDATE_NONE, nullptr)) return std::nullopt;
    return DocView(document);
}

std::optional<Field> DocView::find(std::string_view key) const {
    bson_iter_t it = iterate(bytes_);
    while (!bytes_.empty() && bson_iter_next(&it)) {
        if (key == std::string_view(bson_iter_key(&it), bson_iter_key_len(&it))) return Field(it);
    }
    return std::nullopt;
}

std::optional<Field> DocView::first() const {
    bson_iter_t it = iterate(bytes_);
    if (bytes_.empty() || !bson_iter_next(&it)) return std::nullopt;
    return Field(it);
}

std::vector<Field> DocView::fields() const {
    std::vector<Field> all;
    bson_iter_t it = iterate(bytes_);
    while (!bytes_.empty() && bson_iter_next(&it)) all.emplace_back(it);
    return all;
}

Doc& Doc::text(std::string_view key, std::string_view value) {
    const char* data = value.empty() ? "" : value.data();
    return add(bson_append_utf8(raw_, key.data(), length_of(key), data, length_of(value)));
}

Doc& Doc::integer(std::string_view key, std::int32_t value) {
    return add(bson_append_int32(raw_, key.data(), length_of(key), value));
}

Doc& Doc::integer64(std::string_view key, std::int64_t value) {
    return add(bson_append_int64(raw_, key.data(), length_of(key), value));
}

Doc& Doc::number(std::string_view key, double value) {
    return add(bson_append_double(raw_, key.data(), length_of(key), value));
}

Doc& Doc::boolean(std::string_view key, bool value) {
    return add(bson_append_bool(raw_, key.data(), length_of(key), value));
}

Doc& Doc::now(std::string_view key) {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
    return add(bson_append_date_time(raw_, key.data(), length_of(key), ms));
}

Doc& Doc::binary(std::string_view key, std::string_view value) {
    return add(bson_append_binary(raw_, key.data(), length_of(key), BSON_SUBTYPE_BINARY,
                                  bytes_of(value), static_cast<std::uint32_t>(value.size())));
}

Doc& Doc::new_object_id(std::string_view key) {
    bson_oid_t id;
    bson_oid_init(&id, nullptr);
    return add(bson_append_oid(raw_, key.data(), length_of(key), &id));
}

Doc& Doc::document(std::string_view key, DocView value) {
    bson_t raw;
    return add(bson_init_static(&raw, bytes_of(value.bytes_), value.bytes_.size()) &&
               bson_append_document(raw_, key.data(), length_of(key), &raw));
}

Doc& Doc::array(std::string_view key, const std::vector<Doc>& values) {
    std::vector<DocView> views;
    views.reserve(values.size());
    for (const Doc& value : values) views.push_back(value.view());
    return array(key, views);
}

Doc& Doc::array(std::string_view key, const std::vector<DocView>& values) {
    Doc elements;
    std::size_t index = 0;
    for (const DocView& value : values) elements.document(std::to_string(index++), value);
    return array_of(key, elements);
}

Doc& Doc::texts(std::string_view key, const std::vector<std::string>& values) {
    Doc elements;
    std::size_t index = 0;
    for (const std::string& value : values) elements.text(std::to_string(index++), value);
    return array_of(key, elements);
}

Doc& Doc::array_of(std::string_view key, const Doc& elements) {
    return add(elements.ok() && bson_append_array(raw_, key.data(), length_of(key), elements.raw_));
}

Doc& Doc::value_of(std::string_view key, const Doc& source, std::string_view source_key) {
    const auto field = source.view().find(source_key);
    return field ? add(bson_append_iter(raw_, key.data(), length_of(key), &field->it_)) : *this;
}

Doc& Doc::all_of(DocView value) {
    bson_t raw;
    return add(bson_init_static(&raw, bytes_of(value.bytes_), value.bytes_.size()) &&
               bson_concat(raw_, &raw));
}

DocView Doc::view() const {
    return DocView(raw_view(bson_get_data(raw_), raw_->len));
}

std::optional<Doc> Doc::from_json(std::string_view json, std::string& why) {
    bson_error_t error{};
    bson_t* raw = bson_new_from_json(bytes_of(json), static_cast<ssize_t>(json.size()), &error);
    if (raw == nullptr) {
        why = error.message;
        return std::nullopt;
    }
    return Doc(raw);
}

}  // namespace host

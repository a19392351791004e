// BSON as this server needs it: checked views of what came from outside, and a builder.
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace host {

class DocView;

// One element of a document; valid as long as the document's bytes.
class Field {
 public:
    explicit Field(const bson_iter_t& it) : it_(it) {}

    std::string_view key() const { return {bson_iter_key(&it_), bson_iter_key_len(&it_)}; }
    bson_type_t type() const { return bson_iter_type(&it_); }
    std::optional<std::string_view> text() const;
    std::optional<std::string_view> binary() const;
    // A number without a fraction, of any numeric type.
    std::optional<std::int64_t> integer() const;
    std::optional<DocView> document() const;
    std::optional<DocView> array() const;
    // True for `true` and for numbers other than 0, as commands read their flags.
    bool truthy() const;
    // The same text for values that are equal: in type and bytes, or as numbers.
    std::string identity() const;
    bool equals(const Field& other) const { return identity() == other.identity(); }

 private:
    friend class Doc;
    std::string_view value_bytes() const;

    bson_iter_t it_;
};

// A document that has been checked: every length in it is right, and it nests at most 100 deep.
class DocView {
 public:
    DocView() = default;
    // The document at the start of `bytes`; empty if there is none or it is not well-formed.
    static std::optional<DocView> check(std::string_view bytes);

    // Bytes that were checked before, such as a stored copy.
    static DocView trusted(std::string_view bytes) { return DocView(bytes); }

    std::string_view bytes() const { return bytes_; }
    std::optional<Field> find(std::string_view key) const;
    // The first element, whose key is a command's name.
    std::optional<Field> first() const;
    std::vector<Field> fields() const;
    bool empty() const { return bytes_.size() <= 5; }

 private:
    friend class Field;
    friend class Doc;
    explicit DocView(std::string_view bytes) : bytes_(bytes) {}

    std::string_view bytes_;
};

// A document under construction. Appending never fails at once; ok() tells at the end whether all
// of it fitted.
class Doc {
 public:
    Doc() : raw_(bson_new()) {}
    Doc(Doc&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)), ok_(other.ok_) {}
    Doc& operator=(Doc&& other) noexcept {
        std::swap(raw_, other.raw_);
        std::swap(ok_, other.ok_);
        return *this;
    }
    Doc(const Doc&) = delete;
    Doc& operator=(const Doc&) = delete;
    ~Doc() { bson_destroy(raw_); }

    Doc& text(std::string_view key, std::string_view value);
    Doc& integer(std::string_view key, std::int32_t value);
    Doc& integer64(std::string_view key, std::int64_t value);
    Doc& number(std::string_view key, double value);
    Doc& boolean(std::string_view key, bool value);
    Doc& now(std::string_view key);  // the time of the call
    Doc& binary(std::string_view key, std::string_view value);
    Doc& new_object_id(std::string_view key);
    Doc& document(std::string_view key, DocView value);
    Doc& document(std::string_view key, const Doc& value) { return document(key, value.view()); }
    Doc& array(std::string_view key, const std::vector<Doc>& values);
    Doc& array(std::string_view key, const std::vector<DocView>& values);
    // The elements of `elements`, whose keys are "0", "1" and so on, as an array.
    Doc& array_of(std::string_view key, const Doc& elements);
    Doc& texts(std::string_view key, const std::vector<std::string>& values);
    // The value that `source` has for `source_key`, if it has one.
    Doc& value_of(std::string_view key, const Doc& source, std::string_view source_key);
    // Appends every element of `value`.
    Doc& all_of(DocView value);

    bool ok() const { return ok_; }
    DocView view() const;
    // From JSON; empty, with the reason in `why`, if it is not one document.
    static std::optional<Doc> from_json(std::string_view json, std::string& why);

 private:
    explicit Doc(bson_t* raw) : raw_(raw) {}
    Doc& add(bool appended) {
        ok_ = ok_ && appended;
        return *this;
    }

    bson_t* raw_;  // owned; null when moved from. Over-aligned, so no template may hold its type
    bool ok_ = true;
};

}  // namespace host

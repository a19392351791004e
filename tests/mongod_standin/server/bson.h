// Stand-in: documents of texts and numbers. As in the server, copies share their content.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base.h"

namespace mongo {

class BSONElement {
 public:
    using Field = std::pair<const std::string, std::string>;
    BSONElement() = default;
    explicit BSONElement(const Field& field) : field_(&field) {}
    StringData fieldNameStringData() const {
        return StringData(field_->first.data(), field_->first.size());
    }
    const std::string& standinText() const { return field_->second; }

 private:
    const Field* field_ = nullptr;
};

class BSONObj {
 public:
    using Fields = std::map<std::string, std::string>;
    BSONObj() : BSONObj(Fields()) {}
    explicit BSONObj(Fields fields) : fields_(std::make_shared<const Fields>(std::move(fields))) {}
    const Fields& fields() const { return *fields_; }
    bool hasField(const std::string& name) const { return fields_->count(name) != 0; }

    class iterator {
     public:
        explicit iterator(Fields::const_iterator at) : at_(at) {}
        BSONElement operator*() const { return BSONElement(*at_); }
        iterator& operator++() {
            ++at_;
            return *this;
        }
        bool operator!=(const iterator& other) const { return at_ != other.at_; }

     private:
        Fields::const_iterator at_;
    };
    iterator begin() const { return iterator(fields_->begin()); }
    iterator end() const { return iterator(fields_->end()); }

    std::string jsonString() const {
        std::string json;
        for (const auto& [name, value] : *fields_) {
            json += (json.empty() ? "{" : ",") + name + ":\"" + value + "\"";
        }
        return json + "}";
    }

 private:
    std::shared_ptr<const Fields> fields_;
};

class BSONObjBuilder {
 public:
    void append(const std::string& name, const std::string& value) { fields_[name] = value; }
    void append(const std::string& name, const char* value) { fields_[name] = value; }
    void append(const std::string& name, int value) { fields_[name] = std::to_string(value); }
    void append(const std::string& name, long long value) { fields_[name] = std::to_string(value); }
    void append(const BSONElement& element) {
        const StringData name = element.fieldNameStringData();
        fields_[std::string(name.begin(), name.end())] = element.standinText();
    }
    BSONObj obj() { return BSONObj(std::move(fields_)); }

 private:
    BSONObj::Fields fields_;
};

}  // namespace mongo

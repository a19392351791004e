// Stand-in: documents of texts and numbers.
#pragma once

#include <map>
#include <string>
#include <utility>

namespace mongo {

class BSONElement {};

class BSONObj {
 public:
    using Fields = std::map<std::string, std::string>;
    BSONObj() = default;
    explicit BSONObj(Fields fields) : fields_(std::move(fields)) {}
    const Fields& fields() const { return fields_; }
    std::string jsonString() const {
        std::string json;
        for (const auto& [name, value] : fields_) {
            json += (json.empty() ? "{" : ",") + name + ":\"" + value + "\"";
        }
        return json + "}";
    }

 private:
    Fields fields_;
};

class BSONObjBuilder {
 public:
    void append(const std::string& name, const std::string& value) { fields_[name] = value; }
    void append(const std::string& name, int value) { fields_[name] = std::to_string(value); }
    void append(const std::string& name, long long value) { fields_[name] = std::to_string(value); }
    BSONObj obj() { return BSONObj(std::move(fields_)); }

 private:
    BSONObj::Fields fields_;
};

}  // namespace mongo

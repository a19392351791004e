// Stand-in: documents from JSON. The stub plugin's statistics need no more than whole numbers.
#pragma once

#include <regex>
#include <string>

#include "base.h"
#include "bson.h"

namespace mongo {

inline BSONObj fromjson(const std::string& json) {
    static const std::regex whole(R"(\{("\w+":\d+,)*"\w+":\d+\})");
    static const std::regex member(R"x("(\w+)":(\d+))x");
    if (!std::regex_match(json, whole)) throw DBException({ErrorCodes::BadValue, json});
    BSONObj::Fields fields;
    for (std::sregex_iterator it(json.begin(), json.end(), member), end; it != end; ++it) {
        fields[(*it)[1]] = (*it)[2];
    }
    return BSONObj(fields);
}

}  // namespace mongo

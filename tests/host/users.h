// The users of $external and what their roles allow.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bson.h"
#include "maws/result.h"

namespace host {

constexpr std::string_view kExternalDatabase = "$external";

enum class Action { kRead, kWrite, kAdminister };

struct Role {
    std::string name;  // read, readWrite or root
    std::string database;
};

struct User {
    std::string name;
    std::vector<Role> roles;

    bool may(Action action, std::string_view database) const;
};

// Read-only after load.
class Users {
 public:
    // Reads a JSON array of documents in createUser's words:
    // [{"user": "arn:...", "roles": [{"role": "readWrite", "db": "shop"}]}]
    static maws::Result<Users> load(const std::string& path);

    // Byte by byte, as user names are compared. Null: no such user.
    const User* find(std::string_view name) const;
    std::size_t size() const { return users_.size(); }

 private:
    std::string add(DocView document);

    std::map<std::string, User, std::less<>> users_;
};

// {role, db} and {resource, actions} as connectionStatus shows them.
std::vector<Doc> describe_roles(const User& user);
std::vector<Doc> describe_privileges(const User& user);

}  // namespace host

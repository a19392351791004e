#include "users.h"

#include <fstream>
#include <iterator>

#include "messages.h"

namespace host {
namespace {

constexpr std::string_view kRead = "read";
constexpr std::string_view kReadWrite = "readWrite";
constexpr std::string_view kRoot = "root";

template <const maws::Message& M, class... Values>
maws::Error wrong(const Values&... values) {
    return maws::make_error<M>(MAWS_E_ARGUMENT, values...);
}

}  // namespace

bool User::may(Action action, std::string_view database) const {
    for (const Role& role : roles) {
        if (role.name == kRoot) return true;
        if (role.database != database) continue;
        if (action == Action::kRead) return true;
        if (action == Action::kWrite && role.name == kReadWrite) return true;
    }
    return false;
}

maws::Result<Users> Users::load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return wrong<messages::kNoUsersFile>(path);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::string why;
    // libbson reads documents, not bare arrays.
    const auto whole = Doc::from_json("{\"users\": " + text + "}", why);
    if (!whole) return wrong<messages::kUsersAreNoJson>(path, why);
    const auto list = whole->view().find("users");
    if (!list || !list->array()) return wrong<messages::kUsersAreNoArray>(path);

    Users users;
    for (const Field& field : list->array()->fields()) {
        const auto document = field.document();
        if (!document) return wrong<messages::kUserIsNoDocument>(path, field.key());
        why = users.add(*document);
        if (!why.empty()) return wrong<messages::kUserIsWrong>(path, field.key(), why);
    }
    return users;
}

std::string Users::add(DocView document) {
    User user;
    bool has_roles = false;
    for (const Field& field : document.fields()) {
        if (field.key() == "user" && field.text() && !field.text()->empty()) {
            user.name = *field.text();
        } else if (field.key() == "db" && field.text() == kExternalDatabase) {
            continue;
        } else if (field.key() == "roles" && field.array()) {
            has_roles = true;
            for (const Field& entry : field.array()->fields()) {
                const auto role = entry.document();
                const auto name = role ? role->find("role") : std::nullopt;
                const auto database = role ? role->find("db") : std::nullopt;
                if (!name || !name->text() || !database || !database->text()) {
                    return maws::say<messages::kBadRole>();
                }
                user.roles.push_back({std::string(*name->text()), std::string(*database->text())});
            }
        } else {
            return maws::say<messages::kBadField>(field.key());
        }
    }
    if (user.name.empty()) return maws::say<messages::kNoUser>();
    if (!has_roles) return maws::say<messages::kNoRoles>();
    for (const Role& role : user.roles) {
        if (role.name == kRoot) {
            if (role.database != "admin") return maws::say<messages::kRootElsewhere>();
        } else if (role.name != kRead && role.name != kReadWrite) {
            return maws::say<messages::kNoSuchRole>(role.name);
        } else if (role.database.empty()) {
            return maws::say<messages::kRoleWithoutDatabase>(role.name);
        }
    }
    std::string name = user.name;
    if (!users_.emplace(std::move(name), std::move(user)).second)
        return maws::say<messages::kUserTwice>();
    return {};
}

const User* Users::find(std::string_view name) const {
    const auto found = users_.find(name);
    return found == users_.end() ? nullptr : &found->second;
}

std::vector<Doc> describe_roles(const User& user) {
    std::vector<Doc> roles;
    for (const Role& role : user.roles) {
        roles.emplace_back();
        roles.back().text("role", role.name).text("db", role.database);
    }
    return roles;
}

std::vector<Doc> describe_privileges(const User& user) {
    std::vector<Doc> privileges;
    for (const Role& role : user.roles) {
        Doc resource;
        std::vector<std::string> actions;
        if (role.name == kRoot) {
            resource.boolean("anyResource", true);
            actions = {"anyAction"};
        } else {
            resource.text("db", role.database).text("collection", "");
            actions = {"find"};
            if (role.name == kReadWrite) actions = {"find", "insert"};
        }
        privileges.emplace_back();
        privileges.back().document("resource", resource).texts("actions", actions);
    }
    return privileges;
}

}  // namespace host

// Stand-in: users.
#pragma once

#include <string>
#include <utility>

#include "base.h"

namespace mongo {

class UserName {
 public:
    explicit UserName(std::string user) : user_(std::move(user)) {}
#if STANDIN_LINE >= 700
    const std::string& getUser() const {
        return user_;
    }
#else
    StringData getUser() const {
        return user_;
    }
#endif

 private:
    std::string user_;
};

class User {
 public:
    struct CredentialData {
        bool isExternal = false;
    };
    User(std::string name, bool external) : name_(std::move(name)) {
        credentials_.isExternal = external;
    }
    const UserName& getName() const { return name_; }
    const CredentialData& getCredentials() const { return credentials_; }

 private:
    UserName name_;
    CredentialData credentials_;
};

}  // namespace mongo

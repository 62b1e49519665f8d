// The user whom a server becomes, and giving up what only root may do.
#pragma once

#include <string>
#include <string_view>

#include "system/result.h"

namespace sockbox::serve {

struct User {
    std::string name;
    unsigned id = 0;
    unsigned group = 0;
};

// Fails with std::errc::invalid_argument for one that the system does not know, and with
// not_supported where a process cannot change its user.
net::Result<User> find_user(std::string_view name);

// Makes `user` the owner of a file, so that it can remove it where only an owner may.
net::Status give_file(const std::string& path, const User& user);

// Becomes `user` (null: stays who it is) with that user's groups, and gives up every capability and
// the right to gain any by execve(2). Verifies that neither can come back. For this thread and
// those that it starts, so it is called while there is no other.
net::Status drop_privileges(const User* user);

}  // namespace sockbox::serve

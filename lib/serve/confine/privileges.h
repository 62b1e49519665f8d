// Dropping privileges: changing the user and giving up capabilities.
#pragma once

#include <string>
#include <string_view>

#include "system/result.h"

namespace sockbox::serve {

struct User {
    std::string name;  // or its number
    unsigned id = 0;
    unsigned group = 0;
    bool is_known = true;  // to the account database, which has its other groups
};

// Finds a user by name or number. A number that the account database does not have is accepted, and
// is also that of the group. Fails with std::errc::invalid_argument if there is no such user, and
// with not_supported on systems where a process cannot change its user.
net::Result<User> find_user(std::string_view name);

// Makes `user` the owner of a file, so that the server can still remove it from a sticky directory.
net::Status change_owner(const std::string& path, const User& user);

// Changes to `user` (null: no change) and that user's groups, and drops all capabilities and the
// right to gain any by execve(2). Verifies that neither can be regained. Applies to the calling
// thread and those it starts, so call it before starting any.
net::Status drop_privileges(const User* user);

// Capabilities that a process may need later (capabilities(7)).
struct LaterNeeds {
    bool socket_options = false;    // CAP_NET_ADMIN, CAP_NET_RAW
    bool low_ports = false;         // CAP_NET_BIND_SERVICE
    bool files_of_others = false;   // CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_CHOWN
    bool reading_any_file = false;  // CAP_DAC_READ_SEARCH
};

// Like drop_privileges(nullptr), but keeps those of these capabilities that the process has.
net::Status drop_privileges_but(const LaterNeeds& needs);

}  // namespace sockbox::serve

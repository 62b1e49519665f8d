// Changing users is not supported on Windows.
#include "serve/confine/privileges.h"

namespace sockbox::serve {

net::Result<User> find_user(std::string_view name) {
    return net::fail({std::make_error_code(std::errc::not_supported),
                      "become user",
                      std::string(name),
                      "not on this platform",
                      {}});
}

net::Status give_file(const std::string& /*path*/, const User& /*user*/) {
    return {};
}

net::Status drop_privileges(const User* /*user*/) {
    return {};
}

}  // namespace sockbox::serve

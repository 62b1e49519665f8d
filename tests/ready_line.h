// Parses the line that a server prints when it is ready.
#pragma once

#include <string>

namespace sockbox::test {

// The port in a line such as "listening on 127.0.0.1:3490 (tcp, poll)".
inline std::string port_in(const std::string& ready_line) {
    const std::string address = ready_line.substr(0, ready_line.find(" ("));
    return address.substr(address.rfind(':') + 1);
}

}  // namespace sockbox::test

// Commands in network namespaces of their own, whose packets a filter may drop.
#pragma once

#include <string>

#include "tests/support.h"

namespace sockbox::test {

inline bool has_nft() {
    return Process({"/bin/sh", "-c", "command -v nft"}).wait().status == 0;
}

// Runs a shell command as root of a new network namespace with loopback up.
inline Process in_network(const std::string& command) {
    return Process({"/usr/bin/unshare", "-n", "/bin/sh", "-c", "ip link set lo up && " + command});
}

// Whether that is allowed.
inline bool has_network() {
    return in_network("true").wait().status == 0;
}

// Runs a script, with its arguments as words of a shell, likewise.
inline Process python_in_network(const std::string& script) {
    return in_network("exec /usr/bin/python3 " + script);
}

}  // namespace sockbox::test

// Settings of the kernel, from /proc/sys.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "system/sysctl.h"

namespace sockbox::net {

std::optional<std::string> read_sysctl(std::string_view name) {
    std::string path = "/proc/sys/" + std::string(name);
    std::replace(path.begin() + 10, path.end(), '.', '/');
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line))
        return std::nullopt;
    std::replace(line.begin(), line.end(), '\t', ' ');
    return line;
}

}  // namespace sockbox::net

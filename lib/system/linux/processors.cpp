// The processors of a process on Linux: sched_getaffinity(2) and the quotas of cgroups(7).
#include "system/processors.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <exception>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

namespace sockbox::net {
namespace {

// A mounted hierarchy that can have a quota, from /proc/self/mountinfo (proc_pid_mountinfo(5)).
struct Hierarchy {
    bool version_2 = false;
    std::string root;   // the cgroup that is visible at `place`
    std::string place;  // where it is mounted
};

bool contains(std::string_view list, std::string_view wanted) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        if (list.substr(0, end) == wanted)
            return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

std::vector<Hierarchy> hierarchies(const std::string& root) {
    std::vector<Hierarchy> found;
    std::ifstream file(root + "/proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string ignored;
        std::string type;
        std::string options;
        Hierarchy hierarchy;
        words >> ignored >> ignored >> ignored >> hierarchy.root >> hierarchy.place;
        while (words >> ignored && ignored != "-") {
        }
        words >> type >> ignored >> options;
        hierarchy.version_2 = type == "cgroup2";
        if (hierarchy.version_2 || (type == "cgroup" && contains(options, "cpu")))
            found.push_back(hierarchy);
    }
    return found;
}

// The path of this process's cgroup in a hierarchy (cgroups(7), /proc/PID/cgroup).
std::optional<std::string> path_in(const Hierarchy& hierarchy, const std::string& root) {
    std::ifstream file(root + "/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos)
            continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (hierarchy.version_2 ? controllers.empty() : contains(controllers, "cpu"))
            return line.substr(second + 1);
    }
    return std::nullopt;
}

std::optional<double> read_number(const std::string& path) {
    std::ifstream file(path);
    double number = 0;
    return file >> number ? std::optional(number) : std::nullopt;
}

std::optional<double> quota_of(const std::string& cgroup, bool version_2) {
    std::optional<double> time;
    std::optional<double> period;
    if (version_2) {
        std::ifstream file(cgroup + "/cpu.max");  // "max 100000" without a quota
        double both[2] = {};
        if (file >> both[0] >> both[1]) {
            time = both[0];
            period = both[1];
        }
    } else {
        time = read_number(cgroup + "/cpu.cfs_quota_us");  // -1 without a quota
        period = read_number(cgroup + "/cpu.cfs_period_us");
    }
    if (!time || !period || *time <= 0 || *period <= 0)
        return std::nullopt;
    return *time / *period;
}

unsigned affinity() {
    constexpr int most = 1 << 16;
    for (int processors = 1024; processors <= most; processors *= 2) {
        std::vector<cpu_set_t> set(static_cast<std::size_t>(processors) / CPU_SETSIZE);
        const std::size_t bytes = set.size() * sizeof(cpu_set_t);
        if (::sched_getaffinity(0, bytes, set.data()) == 0)
            return static_cast<unsigned>(CPU_COUNT_S(bytes, set.data()));
        if (errno != EINVAL)  // the system has more
            break;
    }
    return 1;
}

}  // namespace

std::optional<double> processor_quota(const std::string& root) {
    std::optional<double> least;
    for (const Hierarchy& hierarchy : hierarchies(root)) {
        const auto path = path_in(hierarchy, root);
        if (!path)
            continue;
        // The mount may show only the part below `root`; of a cgroup outside, its top is the best
        // that can be seen.
        const std::string above = hierarchy.root == "/" ? std::string() : hierarchy.root;
        const bool is_inside = path->starts_with(above);
        std::string below = is_inside ? path->substr(above.size()) : std::string();
        for (;;) {
            const auto quota = quota_of(root + hierarchy.place + below, hierarchy.version_2);
            if (quota && (!least || *quota < *least))
                least = quota;
            if (below.empty())
                break;
            below.resize(std::min(below.rfind('/'), below.size() - 1));
        }
    }
    return least;
}

unsigned usable_processors() noexcept {
    try {
        const double quota = std::ceil(processor_quota().value_or(1 << 16));
        return std::max(1U, std::min(affinity(), static_cast<unsigned>(quota)));
    } catch (const std::exception&) {
        return 1;  // out of memory
    }
}

}  // namespace sockbox::net

// The rights of a process, as /proc shows them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sockbox::test {

// The value of a line of /proc/PID/status (proc(5)), such as "Seccomp".
inline std::string status_of(int pid, const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ":\t"))
            return line.substr(name.size() + 2);
    return {};
}

// That no thread of the process has a capability, can gain one, or is without a system call filter.
inline void expect_no_rights(int pid) {
    for (const auto& thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
        const int id = std::stoi(thread.path().filename());
        EXPECT_EQ(status_of(id, "CapEff"), "0000000000000000");
        EXPECT_EQ(status_of(id, "CapPrm"), "0000000000000000");
        EXPECT_EQ(status_of(id, "NoNewPrivs"), "1");
        EXPECT_EQ(status_of(id, "Seccomp"), "2");
    }
}

}  // namespace sockbox::test

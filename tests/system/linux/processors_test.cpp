// Tests of lib/system/linux/processors.
#include "system/processors.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace sockbox::net {
namespace {

namespace fs = std::filesystem;

// A folder with the files of /proc and /sys that a cgroup has.
class Processors : public testing::Test {
  protected:
    Processors() {
        std::string name = (fs::temp_directory_path() / "sockbox.XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~Processors() override { fs::remove_all(root_); }

    void write(const std::string& path, const std::string& content) const {
        fs::create_directories((root_ + path).substr(0, (root_ + path).rfind('/')));
        std::ofstream(root_ + path) << content << '\n';
    }
    double quota() const { return processor_quota(root_).value_or(-1); }

    std::string root_;
};

TEST_F(Processors, HaveNoQuotaWithoutCgroups) {
    EXPECT_EQ(quota(), -1);
}

TEST_F(Processors, QuotaOfVersion2IsTheLeastOnTheWayUp) {
    write("/proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw");
    write("/proc/self/cgroup", "0::/a.slice/b.service");
    write("/sys/fs/cgroup/a.slice/b.service/cpu.max", "max 100000");
    EXPECT_EQ(quota(), -1);
    write("/sys/fs/cgroup/a.slice/cpu.max", "150000 100000");
    EXPECT_EQ(quota(), 1.5);
    write("/sys/fs/cgroup/a.slice/b.service/cpu.max", "50000 100000");
    EXPECT_EQ(quota(), 0.5);
}

TEST_F(Processors, QuotaOfVersion1) {
    write("/proc/self/mountinfo",
          "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
          "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset");
    write("/proc/self/cgroup", "2:cpuset:/other\n1:cpu,cpuacct:/half");
    write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
    write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
    write("/sys/fs/cgroup/cpu/half/cpu.cfs_quota_us", "25000");
    write("/sys/fs/cgroup/cpu/half/cpu.cfs_period_us", "50000");
    EXPECT_EQ(quota(), 0.5);
}

TEST_F(Processors, QuotaInAContainerIsAtTheTopOfTheMount) {
    write("/proc/self/mountinfo", "30 20 0:26 /docker/1 /sys/fs/cgroup ro - cgroup cgroup rw,cpu");
    write("/sys/fs/cgroup/cpu.cfs_quota_us", "300000");
    write("/sys/fs/cgroup/cpu.cfs_period_us", "100000");
    for (const std::string path : {"/docker/1", "/", "/docker/1/inner"}) {
        write("/proc/self/cgroup", "1:cpu:" + path);
        EXPECT_EQ(quota(), 3) << path;
    }
}

TEST(UsableProcessors, AreThoseOfTheAffinity) {
    std::thread([] {
        cpu_set_t all;
        ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
        EXPECT_LE(usable_processors(), static_cast<unsigned>(CPU_COUNT(&all)));
        int first = 0;
        while (!CPU_ISSET(first, &all))
            ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
        EXPECT_EQ(usable_processors(), 1U);
    }).join();
}

}  // namespace
}  // namespace sockbox::net

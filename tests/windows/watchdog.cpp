// Names a test that hangs. All tests of the Windows build are one entry of CTest, whose time limit
// would name none.
#include <gtest/gtest.h>
#include <windows.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace {

// Ends the process if what was named last takes longer than five minutes.
class Watch {
  public:
    Watch() {
        std::thread([this] { run(); }).detach();
    }

    void begin(std::string name) {
        const std::lock_guard lock(mutex_);
        name_ = std::move(name);
        ++number_;
        changed_.notify_one();
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        for (bool goes_on = true; goes_on;) {
            const int seen = number_;
            goes_on =
                changed_.wait_for(lock, std::chrono::minutes(5), [&] { return number_ != seen; });
        }
        std::fprintf(stderr, "not over after 5 minutes: %s\n", name_.c_str());
        std::fflush(stderr);
        // ExitProcess() might wait for the threads that hang.
        ::TerminateProcess(::GetCurrentProcess(), 3);
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string name_ = "the start of the tests";
    int number_ = 0;
};

class Watchdog final : public testing::EmptyTestEventListener {
  public:
    void OnTestStart(const testing::TestInfo& test) override {
        watch_.begin(std::string(test.test_suite_name()) + '.' + test.name());
    }
    void OnTestProgramEnd(const testing::UnitTest&) override {
        watch_.begin("the end of the process");
    }

  private:
    Watch& watch_ = *new Watch;  // its thread outlives main()
};

[[maybe_unused]] const bool is_watched = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new Watchdog);
    return true;
}();

}  // namespace

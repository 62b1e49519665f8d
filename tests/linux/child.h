// A forked child process with the same descriptors as the test.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>

namespace sockbox::test {

// A forked process that holds our descriptors and does nothing; killed at the end of the test.
class Child {
  public:
    explicit Child(const std::function<void()>& first = {}) {
        int ready[2] = {-1, -1};
        if (::pipe(ready) != 0)
            return;
        pid_ = ::fork();
        if (pid_ == 0) {
            if (first)
                first();
            ::close(ready[0]);
            ::close(ready[1]);
            for (;;)
                ::pause();
        }
        ::close(ready[1]);
        char none = 0;
        EXPECT_EQ(::read(ready[0], &none, 1), 0);  // returns when the child has closed its end
        ::close(ready[0]);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    std::string pid() const { return std::to_string(pid_); }
    void kill() const { ::kill(pid_, SIGKILL); }

  private:
    pid_t pid_ = -1;
};

}  // namespace sockbox::test

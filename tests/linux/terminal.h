// A pseudoterminal whose other end the test holds.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "system/clock.h"
#include "tests/support.h"

namespace sockbox::test {

class Terminal {
  public:
    explicit Terminal(std::uint16_t columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
        ::grantpt(master_);
        ::unlockpt(master_);
        name_ = ::ptsname(master_);
        // Kept open, so that output is not lost when the program closes its end.
        slave_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
        const winsize size{24, columns, 0, 0};
        ::ioctl(master_, TIOCSWINSZ, &size);
    }
    ~Terminal() {
        ::close(slave_);
        ::close(master_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    const std::string& name() const { return name_; }

    // Simulates typing.
    void type(std::string_view text) const {
        EXPECT_EQ(::write(master_, text.data(), text.size()), std::ssize(text));
    }

    // The output on the terminal until `enough` or the deadline.
    std::string read_until(const std::function<bool(const std::string&)>& enough) {
        std::string text;
        const auto deadline = net::deadline_in(patience);
        while (!enough(text)) {
            pollfd entry{master_, POLLIN, 0};
            if (::poll(&entry, 1, net::poll_timeout(deadline)) <= 0)
                break;
            std::array<char, 4096> buffer{};
            const ssize_t got = ::read(master_, buffer.data(), buffer.size());
            if (got <= 0)
                break;
            text.append(buffer.data(), static_cast<std::size_t>(got));
        }
        return text;
    }

  private:
    int master_;
    int slave_ = -1;
    std::string name_;
};

}  // namespace sockbox::test

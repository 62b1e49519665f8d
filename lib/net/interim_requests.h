// A user who wants to know how far it is, without ending it.
#pragma once

namespace sockbox::net {

// While it lives, SIGQUIT (Ctrl-\; on Windows Ctrl-Break) ends nothing: it is a request, which
// take() tells. One at a time in a process.
class InterimRequests {
  public:
    InterimRequests() noexcept;
    InterimRequests(const InterimRequests&) = delete;
    InterimRequests& operator=(const InterimRequests&) = delete;
    ~InterimRequests();

    // Whether there was a request since the last call. From any thread.
    static bool take() noexcept;
};

}  // namespace sockbox::net

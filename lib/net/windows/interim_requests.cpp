// Ctrl-Break as a request. A handler set later is asked first, so this one keeps it from those that
// end the process.
#include "net/interim_requests.h"

#include <atomic>

#include "system/platform.h"

namespace sockbox::net {
namespace {

std::atomic<bool> requested{false};

BOOL WINAPI note_request(DWORD event) {
    if (event != CTRL_BREAK_EVENT)
        return FALSE;
    requested = true;
    return TRUE;
}

}  // namespace

InterimRequests::InterimRequests() noexcept {
    requested = false;
    ::SetConsoleCtrlHandler(note_request, TRUE);
}

InterimRequests::~InterimRequests() {
    ::SetConsoleCtrlHandler(note_request, FALSE);
}

bool InterimRequests::take() noexcept {
    return requested.exchange(false);
}

}  // namespace sockbox::net

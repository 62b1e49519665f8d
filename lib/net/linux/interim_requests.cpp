// SIGQUIT as a request, as ping takes it.
#include <atomic>
#include <csignal>

#include "net/interim_requests.h"

namespace sockbox::net {
namespace {

std::atomic<bool> requested{false};
struct sigaction before;

extern "C" void note_request(int) {
    requested = true;
}

}  // namespace

InterimRequests::InterimRequests() noexcept {
    requested = false;
    struct sigaction action {};
    action.sa_handler = note_request;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGQUIT, &action, &before);
}

InterimRequests::~InterimRequests() {
    ::sigaction(SIGQUIT, &before, nullptr);
}

bool InterimRequests::take() noexcept {
    return requested.exchange(false);
}

}  // namespace sockbox::net

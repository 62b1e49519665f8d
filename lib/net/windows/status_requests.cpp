// Windows has no signal that asks.
#include "net/status_requests.h"

namespace sockbox::net {

Status StatusRequests::start() {
    return {};
}

void StatusRequests::wait_and_answer() {}

StatusRequests::~StatusRequests() = default;

}  // namespace sockbox::net

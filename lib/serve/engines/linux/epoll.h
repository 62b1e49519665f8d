// Entry point of the epoll engine.
#pragma once

#include "serve/engines/engines.h"

namespace sockbox::serve {

net::Status serve_with_epoll(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve

// Entry points of the io_uring engine.
#pragma once

#include "serve/engines/engines.h"

namespace sockbox::serve {

net::Status io_uring_available();
net::Status serve_with_io_uring(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve

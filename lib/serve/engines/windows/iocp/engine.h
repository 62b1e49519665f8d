// The iocp engine's entry in the table.
#pragma once

#include "serve/engines/engines.h"

namespace sockbox::serve {

net::Status serve_with_iocp(Service& service, Listeners&& listeners);

}  // namespace sockbox::serve

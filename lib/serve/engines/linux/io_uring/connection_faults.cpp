// A connection on a ring whose bytes are modified and delayed by faults.
#include <algorithm>
#include <cstring>

#include "serve/engines/linux/io_uring/connection.h"
#include "serve/engines/linux/io_uring/reactor.h"

namespace sockbox::serve {

// Merges small messages that are held back for long into shared buffers, so that as many bytes may
// wait as with the other engines.
bool RingConnection::keep_with_faults(RingBuffer& buffer) {
    if (!faults_->arrived({buffer.data, buffer.end}, reactor_.now())) {
        reactor_.give_back(buffer);
        return false;
    }
    RingBuffer* last = has_rest() ? &waiting_.last() : nullptr;
    if (last == nullptr || last->home->shape().buffer_bytes - last->end < buffer.end) {
        waiting_.push(buffer);
        return true;
    }
    std::memcpy(last->data + last->end, buffer.data, buffer.end);
    last->end += buffer.end;
    reactor_.give_back(buffer);
    return true;
}

net::Deadline RingConnection::next_leave() const {
    if (closing_ || sending_)
        return net::no_deadline;
    return lingering_ ? linger_until_ : faults_->next_leave(reactor_.now());
}

void RingConnection::check_faults() {
    if (lingering_)
        check_time();
    else if (!closing_ && !sending_ && has_rest())
        send();
}

// Bytes that are still waiting are lost.
void RingConnection::end_by_fault() {
    session_.end(EndReason::fault, reactor_.now());
    closing_ = faults_->end() == StreamFaults::End::reset;
    give_back_waiting();
    if (closing_) {
        session_.reset_at_close();
        // No shutdown(2) here: the peer would see an orderly end before the reset.
        return is_receiving() ? stop_receiving() : reactor_.remove_if_gone(*this);
    }
    if (input_over_)
        return close();
    static_cast<void>(session_.socket().shutdown(net::ShutdownHow::send));
    lingering_ = true;
    linger_until_ = Session::linger_until(reactor_.now(), reactor_.drain_deadline());
    go_on();
}

}  // namespace sockbox::serve

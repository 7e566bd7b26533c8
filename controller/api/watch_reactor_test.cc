#include "controller/api/watch_reactor.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/support/status.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using Response = v1::WatchFaultResponse;

// A call that ends no operation by itself: the test says when.
class Call : public grpc::ServerCallbackWriter<Response> {
 public:
  explicit Call(std::shared_ptr<WatchReactor> reactor)
      : reactor_(std::move(reactor)) {
    BindReactor(reactor_.get());
  }

  void Finish(grpc::Status status) override { ended_ = std::move(status); }
  void SendInitialMetadata() override {}
  void Write(const Response* response, grpc::WriteOptions) override {
    written_.push_back(*response);
  }
  void WriteAndFinish(const Response* response, grpc::WriteOptions,
                      grpc::Status status) override {
    written_.push_back(*response);
    ended_ = std::move(status);
  }

  // gRPC calls a reaction in any thread and promises no order between these.
  grpc::internal::ServerReactor& react() { return *reactor_; }
  void WriteDone(bool ok) {
    static_cast<grpc::ServerWriteReactor<Response>&>(*reactor_).OnWriteDone(ok);
  }

  const std::optional<grpc::Status>& ended() const { return ended_; }
  const std::vector<Response>& written() const { return written_; }

 private:
  grpc::internal::ServerReactor* reactor() override { return reactor_.get(); }
  void CallOnDone() override {}

  std::shared_ptr<WatchReactor> reactor_;
  std::optional<grpc::Status> ended_;
  std::vector<Response> written_;
};

struct Stream {
  std::shared_ptr<WatchReactor> reactor = WatchReactor::Create([] {});
  Call call = Call(reactor);

  ~Stream() { call.react().OnDone(); }

  void Offer(const std::string& id, bool is_last = false) {
    auto response = std::make_shared<Response>();
    response->mutable_fault()->set_id(id);
    reactor->Offer(std::move(response), is_last);
  }
};

TEST(WatchReactor, LastMessageEndsTheStreamWell) {
  Stream stream;
  stream.Offer("a", /*is_last=*/true);
  EXPECT_FALSE(stream.call.ended());
  stream.call.WriteDone(true);
  ASSERT_TRUE(stream.call.ended());
  EXPECT_TRUE(stream.call.ended()->ok());
}

TEST(WatchReactor, SlowClientMissesStatesInBetweenButNotTheLast) {
  Stream stream;
  for (const char* id : {"a", "b", "c"}) stream.Offer(id);
  stream.call.WriteDone(true);
  ASSERT_EQ(stream.call.written().size(), 2);
  EXPECT_EQ(stream.call.written()[0].fault().id(), "a");
  EXPECT_EQ(stream.call.written()[1].fault().id(), "c");
}

TEST(WatchReactor, CancelledStreamEndsAtOnceWhereNothingIsWritten) {
  Stream stream;
  stream.call.react().OnCancel();
  EXPECT_TRUE(stream.call.ended());
}

// A stream that never ends keeps the server from shutting down, and a fault
// that its client held from being healed.
TEST(WatchReactor, CancelledStreamEndsThoughTheLastWriteSucceeded) {
  for (const bool ok : {true, false}) {
    Stream stream;
    stream.Offer("a");
    stream.call.react().OnCancel();
    EXPECT_FALSE(stream.call.ended()) << "a write is under way";
    stream.call.WriteDone(ok);
    ASSERT_TRUE(stream.call.ended());
    EXPECT_EQ(stream.call.ended()->error_code(), grpc::StatusCode::CANCELLED);
  }
}

}  // namespace
}  // namespace sunder::controller

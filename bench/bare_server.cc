// A gRPC server that answers nothing: what the library alone costs at rest.
//   bare_server unix:/path

#include <unistd.h>

#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  grpc::CallbackGenericService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterCallbackGenericService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  pause();  // Ended by a signal.
}

// A bypass multiplexer of a processing element: `out` is `registered` where `select` is on (a
// pipeline stage ends here), and `bypassed` otherwise (the value passes through in the same cycle).
module bypass_mux #(
    parameter int WIDTH = 32
) (
    input  logic             select,
    input  logic [WIDTH-1:0] registered,
    input  logic [WIDTH-1:0] bypassed,
    output logic [WIDTH-1:0] out
);
  assign out = select ? registered : bypassed;
endmodule

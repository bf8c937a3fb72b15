"""What calculus says about a run before it starts: numbers in, numbers out, no training.

initialization  how wide the weights and biases of a layer are drawn: σ_w², σ_b²
mean_field      what a wide random network does to the size of signals and gradients, layer by layer
fluctuations    how far a batch's gradient strays from mean_field at a finite width
criticality     where depth leads: fixed points q*, and the σ_w between vanishing and exploding
descent         gradient descent on least squares: curvatures, rates, every iterate in closed form
saddle          how many steps SGD, momentum, Adam or mere noise need to leave a saddle point
clipping        what clipping leaves of a gradient's length and direction
slopes          where an activation is steepest and least steep
checks          the sentences that answer senseless input
"""
